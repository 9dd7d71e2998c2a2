/**
 * The image library, loaded where it is. Its program for this system is an optional package of npm, which `--omit=optional` and copies
 * from another system leave out: then all that needs no image works, and what does says how to get it.
 */
import type sharpModule from 'sharp'
import { OneclassError } from '../errors.ts'

type SharpModule = typeof sharpModule

const loaded = await import('sharp').then(
  ({ default: module }) => ({ module }),
  (error: unknown) => ({ error }),
)

/** @throws DEPENDENCY_MISSING */
export function assertSharp(): void {
  if ('error' in loaded) throw missing(loaded.error)
}

/** As the package exports it; every call throws DEPENDENCY_MISSING where it could not be loaded. */
export const sharp: SharpModule = 'module' in loaded ? loaded.module : standIn(loaded.error)

function standIn(error: unknown): SharpModule {
  const refuse = () => {
    throw missing(error)
  }
  // settings of the library are made when modules are loaded, and mean nothing without it
  return new Proxy(refuse, { get: () => () => {} }) as unknown as SharpModule
}

function missing(error: unknown): OneclassError {
  const system = `${process.platform}-${process.arch}`
  return new OneclassError(
    'DEPENDENCY_MISSING',
    `The package sharp, which decodes images, does not load on ${system}: install it with "npm install --include=optional sharp".`,
    { cause: error },
  )
}
