// Runs a network over view shards.   node teacher.mjs NET.onnx VIEWS OUT [--raw N]
// Without --raw: VIEWS/tNNNN.npy (uint8 n,224,224,3) -> OUT/NNNN.map7.i8 and .map14.i8; the 224 px shard is deleted afterwards.
// With --raw N: the first N views of the first shard -> OUT/map7.f32, OUT/map14.f32 (for the principal components).
// Several of these may run side by side: a shard is claimed by renaming it. It ends when VIEWS/done exists and no shard is left.
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
const raw = flag === '--raw' ? Number(count) : 0
mkdirSync(out, { recursive: true })
const session = await ort.InferenceSession.create(net, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const B = 8,
  S = 224,
  P = S * S
const x = new Float32Array(B * 3 * P)
async function shard(file, limit) {
  const buf = readFileSync(file),
    head = 10 + buf.readUInt16LE(8)
  const px = buf.subarray(head),
    n = Math.min(limit, px.length / (3 * P))
  const parts = raw ? { map7: [], map14: [] } : { map7: [], map14: [], pooled: [] }
  for (let i = 0; i < n; i += B) {
    const b = Math.min(B, n - i)
    for (let k = 0; k < b; k++)
      for (let c = 0; c < 3; c++)
        for (let p = 0, s = (i + k) * 3 * P + c, d = (k * 3 + c) * P; p < P; p++, s += 3) x[d + p] = px[s] / 127.5 - 1
    const r = await session.run({ image: new ort.Tensor('float32', x.subarray(0, b * 3 * P), [b, 3, S, S]) })
    for (const m of Object.keys(parts))
      parts[m].push(Buffer.from(r[m].data.buffer, r[m].data.byteOffset, r[m].data.byteLength))
  }
  return parts
}
if (raw) {
  const first = readdirSync(views)
    .filter((f) => /^t\d+\.npy$/.test(f))
    .sort()[0]
  const parts = await shard(`${views}/${first}`, raw)
  for (const m of ['map7', 'map14']) {
    rmSync(`${out}/${m}.f32`, { force: true })
    for (const p of parts[m]) appendFileSync(`${out}/${m}.f32`, p)
  }
} else {
  for (;;) {
    const next = readdirSync(views)
      .filter((f) => /^t\d+\.npy$/.test(f))
      .sort()[0]
    if (!next) {
      if (existsSync(`${views}/done`)) break
      await new Promise((r) => setTimeout(r, 1000))
      continue
    }
    const mine = `${views}/claimed-${process.pid}-${next}`,
      id = next.slice(1, 5)
    try {
      renameSync(`${views}/${next}`, mine)
    } catch {
      continue
    }
    const t = Date.now(),
      parts = await shard(mine, Infinity)
    writeFileSync(`${out}/${id}.pooled.f16`, Buffer.concat(parts.pooled))
    writeFileSync(`${out}/${id}.map14.i8`, Buffer.concat(parts.map14))
    writeFileSync(`${out}/${id}.tmp`, Buffer.concat(parts.map7))
    renameSync(`${out}/${id}.tmp`, `${out}/${id}.map7.i8`)
    rmSync(mine)
    console.log(id, ((Date.now() - t) / 1000).toFixed(0), 's')
  }
}
