/** The part of `libsvm-js` (LIBSVM 3.22 in WebAssembly) that we use: training. Loaded on first use, silently. */
export interface LibsvmTrainer {
  train(samples: ArrayLike<number>[], labels: number[]): void
  /** The model as LIBSVM's text: coefficients with 16 digits, rho with 6. */
  serializeModel(): string
  /** Indices of the support vectors among the samples, in the order of the serialised coefficients. */
  getSVIndices(): number[]
  /** The model lives in WebAssembly memory, which no garbage collector sees. */
  free(): void
}

export interface Libsvm {
  new (options: Record<string, string | number | boolean>): LibsvmTrainer
  readonly SVM_TYPES: { readonly ONE_CLASS: string }
  readonly KERNEL_TYPES: { readonly PRECOMPUTED: string }
}

let loading: Promise<Libsvm> | undefined

export function loadLibsvm(): Promise<Libsvm> {
  loading ??= load()
  return loading
}

async function load(): Promise<Libsvm> {
  // the package tries to `fetch` a file path first and reports the failure through a global `printErr`, if there is one
  const host = globalThis as { printErr?: (text: string) => void }
  host.printErr = () => {}
  try {
    // @ts-expect-error the package has no types
    const module = (await import('libsvm-js')) as { default: PromiseLike<Libsvm> }
    return await module.default
  } finally {
    delete host.printErr
  }
}
