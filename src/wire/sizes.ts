/** At which sizes whole images are judged. @param enlarged times the network's side */
export function sizesWords(enlarged: number): string {
  return `whole images are judged at the network's own size and at ${enlarged} times its side`
}
