/** At which sizes whole images are judged. @param enlarged times the network's side @param mirrored at its own size */
export function sizesWords(enlarged: number, mirrored = false): string {
  return `whole images are judged at the network's own size${mirrored ? ', also mirrored,' : ''} and at ${enlarged} times its side`
}
