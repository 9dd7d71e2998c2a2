/** The processes that decode: one image each at a time, replaced when they die or have grown. */
import { type DecodeChild, startDecodeChild } from './decode-child.ts'

export interface DecodeChildren {
  /** One that is idle, or the next that is. @throws once they are closed */
  take(): Promise<DecodeChild>
  giveBack(child: DecodeChild): void
  close(): void
}

/** Resident memory of a process that is worth replacing. */
const staleMebibytes = 220

/** @param mebibytes of memory that the system grants to each */
export function startDecodeChildren(cores: number, mebibytes: number): DecodeChildren {
  const children = new Set<DecodeChild>()
  const idle: DecodeChild[] = []
  const waiting: { resolve(child: DecodeChild): void; reject(error: Error): void }[] = []
  let isClosed = false
  let failedStarts = 0

  const startChild = (): void => {
    const child = startDecodeChild(mebibytes, () => {
      children.delete(child)
      const at = idle.indexOf(child)
      if (at >= 0) idle.splice(at, 1)
      fill()
    })
    children.add(child)
    child.ready.then(
      () => {
        failedStarts = 0
        giveBack(child)
      },
      () => {
        if (!isClosed && ++failedStarts > 20) throw new Error('decode processes cannot be started')
      },
    )
  }

  /** One for each core and one for the slow lane; never fewer than three, so that one is ready when another is killed. */
  const fill = (): void => {
    if (isClosed) return
    while (children.size < Math.max(3, cores + 1)) startChild()
  }

  const giveBack = (child: DecodeChild): void => {
    if (child.isDead) return
    if ((child.usage()?.mebibytes ?? 0) > staleMebibytes) {
      child.kill()
      return
    }
    const next = waiting.shift()
    if (next) next.resolve(child)
    else idle.push(child)
  }

  const takeChild = (): Promise<DecodeChild> =>
    new Promise((resolve, reject) => {
      const child = idle.pop()
      if (isClosed) reject(poolClosed())
      else if (child) resolve(child)
      else waiting.push({ resolve, reject })
    })

  fill()
  return {
    take: takeChild,
    giveBack,
    close() {
      isClosed = true
      for (const { reject } of waiting.splice(0)) reject(poolClosed())
      for (const child of children) child.kill()
    },
  }
}

export function poolClosed(): Error {
  return new Error('the decode processes are stopping')
}
