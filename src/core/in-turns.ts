/**
 * Does `count` pieces of work, at most `width` at once, begun in order. After one has failed none begins.
 * @throws what the first failure threw
 */
export async function inTurns(count: number, width: number, work: (k: number) => Promise<void>): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < count) {
      try {
        await work(next++)
      } catch (error) {
        next = count
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: width }, run))
}
