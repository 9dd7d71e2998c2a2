/** Seeded randomness: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018). */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** Uniform integer in [0, n), n <= 2^32. */
  int(n: number): number
  /** Standard normal (Marsaglia's polar method). */
  normal(): number
  /** An independent generator: the same parent state and label give the same child. Does not advance the parent. */
  fork(label: string | number): Random
  /** For `resumeRandom`: four words. */
  save(): Uint32Array
}

export function createRandom(seed: number): Random {
  return fromState(expand(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0))
}

/** A generator that forks as the one whose state this is, in another thread. */
export function resumeRandom(state: Uint32Array): Random {
  return fromState(state.slice())
}

/** k of the n first integers without repetition, in random order (partial Fisher-Yates). */
export function sample(n: number, k: number, random: Random): Int32Array {
  const all = new Int32Array(n)
  for (let i = 0; i < n; i++) all[i] = i
  for (let i = 0; i < k; i++) {
    const j = i + random.int(n - i)
    const swap = all[i]!
    all[i] = all[j]!
    all[j] = swap
  }
  return all.subarray(0, k)
}

function fromState(s: Uint32Array): Random {
  const uint32 = (): number => {
    const x = Math.imul(s[1]!, 5)
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0
    const t = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= t
    s[3] = (s[3]! << 11) | (s[3]! >>> 21)
    return result
  }
  const next = (): number => uint32() / 2 ** 32
  let spare: number | undefined
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    for (;;) {
      const u = 2 * next() - 1
      const v = 2 * next() - 1
      const r = u * u + v * v
      if (r > 0 && r < 1) {
        const f = Math.sqrt((-2 * Math.log(r)) / r)
        spare = v * f
        return u * f
      }
    }
  }
  return {
    next,
    int: (n) => Math.floor(next() * n),
    normal,
    save: () => s.slice(),
    fork: (label) => {
      let h = 0x811c9dc5 // FNV-1a over the label, then over the parent's state
      for (const char of String(label)) h = Math.imul(h ^ char.charCodeAt(0), 0x01000193)
      let g = h ^ 0x9e3779b9
      for (const word of s) {
        h = Math.imul(h ^ word, 0x01000193)
        g = Math.imul(g ^ (word >>> 16) ^ h, 0x85ebca6b)
      }
      return fromState(expand(h >>> 0, g >>> 0))
    },
  }
}

/** 64 bits of seed to 128 bits of state by splitmix32 steps; never all zero. */
function expand(low: number, high: number): Uint32Array {
  const state = new Uint32Array(4)
  let x = low ^ Math.imul(high, 0x2545f491)
  for (let i = 0; i < 4; i++) {
    x = (x + 0x9e3779b9) | 0
    let z = x ^ (i === 1 ? high : 0)
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    state[i] = (z ^ (z >>> 16)) >>> 0
  }
  if (state.every((word) => word === 0)) state[0] = 1
  return state
}
