// Runs a network over shards of 224 px views (uint8 (n, 224, 224, 3), as views.py cuts them).
//
//   node teacher.mjs targets.onnx VIEWS OUT        VIEWS/tNNNN.npy -> OUT/NNNN.{map7.i8,map14.i8,pooled.f16}
//   node teacher.mjs NET.onnx VIEWS OUT --raw N    the first N views of the first shard -> OUT/map7.f32, OUT/map14.f32
//
// A 224 px shard is deleted when its targets are written. Several may run side by side: a shard is claimed by renaming
// it. It ends when VIEWS/done exists and no shard is left.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'

const ort = createRequire(`${process.cwd()}/`)('onnxruntime-node')
const [net, views, out, flag, count] = process.argv.slice(2)
const side = 224
const places = side * side
const batch = 8
const rawOutputs = { map7: 'map7', map14: 'map14' }
const targetOutputs = { map7_int8: 'map7', map14_int8: 'map14', pooled: 'pooled' }
const outputs = flag === '--raw' ? rawOutputs : targetOutputs

mkdirSync(out, { recursive: true })
const session = await ort.InferenceSession.create(net, { intraOpNumThreads: 1, interOpNumThreads: 1 })
if (flag === '--raw') await writeRaw(Number(count))
else await writeTargets()

/** -> {output: [Buffer a batch]} for at most `limit` views of a shard. */
async function run(file, limit) {
  const bytes = readFileSync(file)
  const pixels = bytes.subarray(10 + bytes.readUInt16LE(8)) // behind the header of the .npy
  const views = Math.min(limit, pixels.length / (3 * places))
  const parts = Object.fromEntries(Object.keys(outputs).map((name) => [name, []]))
  const x = new Float32Array(batch * 3 * places)
  for (let first = 0; first < views; first += batch) {
    const n = Math.min(batch, views - first)
    for (let view = 0; view < n; view++)
      for (let channel = 0; channel < 3; channel++) {
        let from = (first + view) * 3 * places + channel
        const start = (view * 3 + channel) * places
        for (let to = start; to < start + places; to++, from += 3) x[to] = pixels[from] / 127.5 - 1
      }
    const image = new ort.Tensor('float32', x.subarray(0, n * 3 * places), [n, 3, side, side])
    const result = await session.run({ image }, Object.keys(outputs))
    for (const [name, list] of Object.entries(parts)) {
      const { buffer, byteOffset, byteLength } = result[name].data
      list.push(Buffer.from(buffer.slice(byteOffset, byteOffset + byteLength)))
    }
  }
  return parts
}

function waiting() {
  return readdirSync(views)
    .filter((file) => /^t\d+\.npy$/.test(file))
    .sort()
}

async function writeRaw(limit) {
  const parts = await run(`${views}/${waiting()[0]}`, limit)
  for (const [output, name] of Object.entries(outputs)) {
    rmSync(`${out}/${name}.f32`, { force: true })
    for (const part of parts[output]) appendFileSync(`${out}/${name}.f32`, part)
  }
}

async function writeTargets() {
  for (;;) {
    const [next] = waiting()
    if (!next) {
      if (existsSync(`${views}/done`)) return
      await new Promise((resolve) => setTimeout(resolve, 1000))
      continue
    }
    const id = next.slice(1, 5)
    const mine = `${views}/claimed-${process.pid}-${next}`
    try {
      renameSync(`${views}/${next}`, mine)
    } catch {
      continue // another process was faster
    }
    const started = Date.now()
    const parts = await run(mine, Number.POSITIVE_INFINITY)
    writeFileSync(`${out}/${id}.pooled.f16`, Buffer.concat(parts.pooled))
    writeFileSync(`${out}/${id}.map14.i8`, Buffer.concat(parts.map14_int8))
    writeFileSync(`${out}/${id}.partial`, Buffer.concat(parts.map7_int8))
    renameSync(`${out}/${id}.partial`, `${out}/${id}.map7.i8`) // the last: with it the shard counts as done
    rmSync(mine)
    console.log(id, `${((Date.now() - started) / 1000).toFixed(0)} s`)
  }
}
