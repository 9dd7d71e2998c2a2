/** @param detail of its places, which are those of the same image @throws RangeError */
export function checkEnlarged(enlarged: unknown, detail: number | undefined): void {
  const fits = enlarged === undefined || ((enlarged === 2 || enlarged === 3) && (detail ?? enlarged) === enlarged)
  if (!fits) throw new RangeError('the size of whole images is wrong')
}
