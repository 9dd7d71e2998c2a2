/** Progress of long work: one line rewritten on a terminal, a plain line every tenth elsewhere. */
import type { Io } from './command.ts'

export interface ProgressLine {
  update(done: number, total: number): void
  /** Ends the line. */
  end(): void
}

export function progressLine(io: Io, label: string): ProgressLine {
  let lastShare = -1
  let lastTime = 0
  let open = false
  return {
    update(done, total) {
      const share = total > 0 ? done / total : 1
      if (io.isTerminal) {
        const now = performance.now()
        if (done < total && now - lastTime < 80) return
        lastTime = now
        const filled = Math.round(share * 24)
        process.stderr.write(`\r${label} ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${done}/${total} `)
        open = true
      } else if (Math.floor(share * 10) > lastShare) {
        lastShare = Math.floor(share * 10)
        io.err(`${label} ${done}/${total}`)
      }
    },
    end() {
      if (open) process.stderr.write('\n')
      open = false
    },
  }
}
