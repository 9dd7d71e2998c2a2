/** A token bucket a caller: `burst` at once, `perSecond` in the long run. Bounded: callers unheard of for a while are forgotten. */
export interface RateLimit {
  /** Seconds to wait, 0 when the call may go on. */
  take(caller: string, now: number): number
}

export function createRateLimit(options: { perSecond: number; burst: number; maxCallers?: number }): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const maxCallers = options.maxCallers ?? 10_000
  return {
    take(caller, now) {
      const bucket = buckets.get(caller) ?? { tokens: options.burst, at: now }
      bucket.tokens = Math.min(options.burst, bucket.tokens + ((now - bucket.at) / 1000) * options.perSecond)
      bucket.at = now
      // re-inserted: the map is in the order of last use
      buckets.delete(caller)
      buckets.set(caller, bucket)
      for (const oldest of buckets.keys()) {
        if (buckets.size <= maxCallers) break
        buckets.delete(oldest)
      }
      if (bucket.tokens < 1) return (1 - bucket.tokens) / options.perSecond
      bucket.tokens -= 1
      return 0
    },
  }
}
