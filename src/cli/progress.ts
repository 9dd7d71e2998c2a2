/** Progress of long work: one line rewritten on a terminal, a plain line every tenth elsewhere. It never runs backwards. */
import type { Io } from './command.ts'

export interface ProgressLine {
  update(done: number, total: number): void
  /** Ends the line. */
  end(): void
}

/** Seconds of work before the time that is left is guessed. */
const firstGuessSeconds = 3

export function progressLine(io: Io, label: string): ProgressLine {
  /** When the first was done, and its share: what came before (opening a network, another stage) says nothing of the rest. */
  let first: { readonly time: number; readonly share: number } | undefined
  let most = 0
  let lastTenth = -1
  let lastTime = 0
  let open = false
  const timeLeft = (share: number): string => {
    first ??= { time: performance.now(), share }
    const seconds = (performance.now() - first.time) / 1000
    return share > first.share + 0.01 && share < 1 && seconds >= firstGuessSeconds
      ? `, ${duration((seconds * (1 - share)) / (share - first.share))} left`
      : ''
  }
  return {
    update(done, total) {
      const share = total > 0 ? Math.min(1, done / total) : 1
      if (share < most) return
      most = share
      const text = `${Math.floor(done)}/${total}${timeLeft(share)}`
      if (io.isTerminal) {
        const now = performance.now()
        if (share < 1 && now - lastTime < 80) return
        lastTime = now
        const filled = Math.round(share * 24)
        process.stderr.write(`\r${label} ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${text}\u001b[K`)
        open = true
      } else if (Math.floor(share * 10) > lastTenth) {
        lastTenth = Math.floor(share * 10)
        io.err(`${label} ${text}`)
      }
    },
    end() {
      if (open) process.stderr.write('\n')
      open = false
    },
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
