/** What one draws with on a canvas. @throws Error where the browser gives none, as for more canvases than it has memory for */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  return context
}
