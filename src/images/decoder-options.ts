/** How libvips is asked to read a file. */
import type { SharpOptions } from 'sharp'
import type { ImageLimits } from './limits.ts'

export type FailOn = NonNullable<SharpOptions['failOn']>

/** @param failOn `error`: fails on truncated and damaged data, not on warnings such as a few stray bytes that telephones leave */
export function inputOptions(limits: ImageLimits, failOn: FailOn = 'error'): SharpOptions {
  return {
    autoOrient: true,
    failOn,
    limitInputPixels: limits.maxPixels,
    limitInputChannels: 5,
    page: 0,
    pages: 1,
    sequentialRead: true,
  }
}
