/** L-BFGS with backtracking (Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 7.5), for smooth convex losses. */

/** Writes the gradient at `w` into `gradient` and returns the loss. */
export type Objective = (w: Float64Array, gradient: Float64Array) => number

const memory = 10

/** Minimises from `start` (not changed) until the largest gradient entry is below `tolerance`. */
export function minimise(objective: Objective, start: Float64Array, maxSteps = 200, tolerance = 1e-6): Float64Array {
  const n = start.length
  let w: Float64Array = start.slice()
  let gradient: Float64Array = new Float64Array(n)
  let loss = objective(w, gradient)
  const moves: Float64Array[] = []
  const turns: Float64Array[] = []
  for (let step = 0; step < maxSteps; step++) {
    if (gradient.every((value) => Math.abs(value) < tolerance)) break
    const direction = descent(gradient, moves, turns)
    const slope = inner(direction, gradient)
    if (!(slope < 0)) break
    let length = step === 0 ? Math.min(1, 1 / Math.sqrt(inner(gradient, gradient))) : 1
    let next: Float64Array | undefined
    const nextGradient = new Float64Array(n)
    for (let attempt = 0; attempt < 30; attempt++, length /= 2) {
      const candidate = w.map((value, i) => value + length * direction[i]!)
      const candidateLoss = objective(candidate, nextGradient)
      if (candidateLoss <= loss + 1e-4 * length * slope) {
        next = candidate
        loss = candidateLoss
        break
      }
    }
    if (next === undefined) break
    const move = next.map((value, i) => value - w[i]!)
    const turn = nextGradient.map((value, i) => value - gradient[i]!)
    if (inner(move, turn) > 1e-12) {
      moves.push(move)
      turns.push(turn)
      if (moves.length > memory) {
        moves.shift()
        turns.shift()
      }
    }
    w = next
    gradient = nextGradient
  }
  return w
}

/** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
function descent(gradient: Float64Array, moves: readonly Float64Array[], turns: readonly Float64Array[]): Float64Array {
  const q = gradient.map((value) => -value)
  const alphas: number[] = []
  for (let k = moves.length - 1; k >= 0; k--) {
    const alpha = inner(moves[k]!, q) / inner(moves[k]!, turns[k]!)
    alphas[k] = alpha
    addScaled(q, turns[k]!, -alpha)
  }
  const last = moves.length - 1
  if (last >= 0) {
    const scale = inner(moves[last]!, turns[last]!) / inner(turns[last]!, turns[last]!)
    for (let i = 0; i < q.length; i++) q[i]! *= scale
  }
  for (let k = 0; k < moves.length; k++) {
    const beta = inner(turns[k]!, q) / inner(moves[k]!, turns[k]!)
    addScaled(q, moves[k]!, alphas[k]! - beta)
  }
  return q
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!
}
