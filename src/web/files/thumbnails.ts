/** Small pictures of local files, made on demand by two threads, the latest asked first: what one looks at now. */
import { useEffect, useState } from 'preact/hooks'

const side = 240
const threads = Math.max(1, Math.min(3, (navigator.hardwareConcurrency || 2) - 1))

interface Waiting {
  readonly file: Blob
  wanted: number
  readonly done: (url: string | null) => void
}

const made = new WeakMap<Blob, Promise<string | null>>()
const ready = new WeakMap<Blob, string | null>()
const queue: Waiting[] = []
const idle: Worker[] = []
const busy = new Map<number, { waiting: Waiting; worker: Worker }>()
let started = 0
let nextId = 0

/** The address of a small picture of the file; undefined until it is made, null when this browser cannot show the file. */
export function useThumbnail(file: Blob | undefined): string | null | undefined {
  const [shown, setShown] = useState<{ file: Blob; url: string | null } | null>(null)
  useEffect(() => {
    if (file === undefined || ready.has(file)) return
    let current = true
    const waiting = queue.find((one) => one.file === file)
    if (waiting) waiting.wanted++
    void thumbnailOf(file).then((url) => current && setShown({ file, url }))
    return () => {
      current = false
      // scrolled by before its turn came: not needed any more
      const queued = queue.find((one) => one.file === file)
      if (queued && --queued.wanted <= 0) {
        queue.splice(queue.indexOf(queued), 1)
        made.delete(file)
      }
    }
  }, [file])
  if (file === undefined) return undefined
  const known = ready.get(file)
  if (known !== undefined) return known
  return shown?.file === file ? shown.url : undefined
}

function thumbnailOf(file: Blob): Promise<string | null> {
  let url = made.get(file)
  if (url === undefined) {
    url = new Promise((done) => {
      queue.push({ file, wanted: 1, done })
    })
    made.set(file, url)
    next()
  }
  return url
}

function next(): void {
  for (let waiting = queue.at(-1); waiting !== undefined; waiting = queue.at(-1)) {
    const worker = idle.pop() ?? (started < threads ? startWorker() : undefined)
    if (worker === undefined) return
    queue.pop()
    const id = nextId++
    busy.set(id, { waiting, worker })
    worker.postMessage({ id, file: waiting.file, side })
  }
}

function startWorker(): Worker {
  started++
  const worker = new Worker(new URL('./thumbnail-worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<{ id: number; blob: Blob | null }>) => {
    const job = busy.get(data.id)
    busy.delete(data.id)
    idle.push(worker)
    if (job !== undefined) {
      const url = data.blob === null ? null : URL.createObjectURL(data.blob)
      ready.set(job.waiting.file, url)
      job.waiting.done(url)
    }
    next()
  }
  return worker
}
