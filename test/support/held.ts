/** How long this thread was computing at a stretch, as CPU time: on a busy machine the clock tells of other programs. */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Nanoseconds that the main thread has computed; undefined where the system does not say (Linux does). */
function cpuTime(): number | undefined {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return undefined
  }
}

/** @returns a function that ends the watch and returns the longest stretch in milliseconds, looked at every 5 ms */
export function watchEventLoop(): () => number {
  let last = cpuTime()
  if (last === undefined) {
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    return () => delay.max / 1e6
  }
  let longest = 0
  const look = () => {
    const now = cpuTime()!
    longest = Math.max(longest, now - last!)
    last = now
  }
  const timer = setInterval(look, 5)
  return () => {
    clearInterval(timer)
    look()
    return longest / 1e6
  }
}
