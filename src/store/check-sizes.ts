/**
 * The sizes at which whole images are judged, of a model or a gallery.
 * @param detail of its places, which are those of the same image
 * @throws RangeError
 */
export function checkSizes({ enlarged, mirrored }: { enlarged?: unknown; mirrored?: unknown }, detail?: number): void {
  const fits = enlarged === undefined || ((enlarged === 2 || enlarged === 3) && (detail ?? enlarged) === enlarged)
  const isAlike = mirrored === undefined || (mirrored === true && enlarged !== undefined)
  if (!fits || !isAlike) throw new RangeError('the size of whole images is wrong')
}
