/** Decodes and shrinks pictures away from the page's own thread: 5,000 photos of 12 megapixels must not hold up a scroll. */
interface Work {
  readonly id: number
  readonly file: Blob
  readonly side: number
}

self.onmessage = async ({ data: { id, file, side } }: MessageEvent<Work>) => {
  try {
    const whole = await createImageBitmap(file)
    const scale = Math.min(1, side / Math.max(whole.width, whole.height))
    const [width, height] = [
      Math.max(1, Math.round(whole.width * scale)),
      Math.max(1, Math.round(whole.height * scale)),
    ]
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('no canvas')
    context.imageSmoothingQuality = 'medium'
    context.drawImage(whole, 0, 0, width, height)
    whole.close()
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 })
    self.postMessage({ id, blob })
  } catch {
    self.postMessage({ id, blob: null }) // a file that this browser cannot show; the service may say why
  }
}
