/** What the live view asks and gets, seen in the page itself, and what it costs in CPU. For the test of it and for `bench/live.ts`. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

export interface LiveFrames {
  readonly seconds: number
  /** Milliseconds from sending a frame to its verdict, in the order of the answers. */
  readonly delays: readonly number[]
  /** Milliseconds from taking a frame to showing its verdict, as the page tells it. */
  readonly shown: readonly number[]
  /** Most frames that were under way at once. */
  readonly most: number
  /** CPU seconds of the programs below this one, and of all others on the machine; undefined where there is no /proc. */
  readonly cpu: Readonly<Record<Part | 'others', number>> | undefined
}

type Part = 'service' | 'redis' | 'browser'

/** Watches a page that shows a running camera; what is under way at the beginning is not counted. */
export async function watchLive(page: Page, seconds: number): Promise<LiveFrames> {
  await page.evaluate(`if (!window.frames?.times) {
    window.frames = { under: 0, most: 0, times: [], shown: [] }
    const pace = document.querySelector('.live-pace')
    new MutationObserver(() => frames.shown.push(Number(pace.dataset.delay))).observe(pace, { attributeFilter: ['data-delay'] })
    const plain = window.fetch
    window.fetch = async (...asked) => {
      if (!String(asked[0]).includes('/classify')) return await plain(...asked)
      const sent = performance.now()
      frames.most = Math.max(frames.most, ++frames.under)
      try {
        const answer = await plain(...asked)
        if (answer.ok) frames.times.push([sent, performance.now()])
        return answer
      } finally { frames.under-- }
    }
  }`)
  await page.evaluate('frames.times.length = frames.shown.length = 0')
  const [before, started] = [cpuSeconds(), performance.now()]
  await page.waitForTimeout(seconds * 1000)
  const [after, took] = [cpuSeconds(), (performance.now() - started) / 1000]
  const seen = (await page.evaluate('frames')) as {
    most: number
    shown: number[]
    times: [sent: number, answered: number][]
  }
  const used = (part: Part) => (after?.[part] ?? 0) - (before?.[part] ?? 0)
  const ours = used('service') + used('redis') + used('browser')
  return {
    seconds: took,
    delays: seen.times.map(([sent, answered]) => answered - sent),
    shown: seen.shown,
    most: seen.most,
    cpu: before &&
      after && {
        service: used('service'),
        redis: used('redis'),
        browser: used('browser'),
        others: Math.max(0, after.all - before.all - ours),
      },
  }
}

/** Seconds of CPU that the programs below this one have used, by what they are, and that the whole machine has. */
function cpuSeconds(): (Record<Part, number> & { readonly all: number }) | undefined {
  if (process.platform !== 'linux') return undefined
  const programs = new Map<number, { parent: number; name: string; ticks: number }>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      // utime and stime, in hundredths of a second
      programs.set(Number(entry), { parent: Number(fields[1]), name, ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // it has ended
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = programs.get(pid)?.parent
    return parent !== undefined && parent > 1 && (parent === process.pid || isBelow(parent))
  }
  // user, nice, system, idle, iowait, irq, softirq, steal
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const sum = { service: 0, redis: 0, browser: 0, all: (user + nice + system + irq + softirq + steal) / 100 }
  for (const [pid, { name, ticks }] of programs)
    if (isBelow(pid)) sum[/chrom/.test(name) ? 'browser' : /redis/.test(name) ? 'redis' : 'service'] += ticks / 100
  return sum
}
