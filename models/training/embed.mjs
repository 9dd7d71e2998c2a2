// node embed.mjs NET.onnx IMAGES.npy OUT [mean] [std] [batch] [limit]   uint8 (n,s,s,3) -> OUT.<output name>.f32, one row an image
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'

const ort = createRequire(`${process.cwd()}/`)('onnxruntime-node')
const [net, images, out, mean = '0.485,0.456,0.406', std = '0.229,0.224,0.225', batch = '8', limit = '1e9'] =
  process.argv.slice(2)
const M = mean.split(',').map(Number),
  D = std.split(',').map(Number),
  B = Number(batch)
const buf = readFileSync(images),
  head = 10 + buf.readUInt16LE(8)
const [n0, S] = /\(([^)]*)\)/
  .exec(buf.toString('latin1', 0, head))[1]
  .split(',')
  .map(Number)
const n = Math.min(n0, Number(limit)),
  P = S * S,
  px = buf.subarray(head),
  x = new Float32Array(B * 3 * P)
const s = await ort.InferenceSession.create(net, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const files = {}
for (let i = 0; i < n; i += B) {
  const b = Math.min(B, n - i)
  for (let k = 0; k < b; k++)
    for (let c = 0; c < 3; c++)
      for (let p = 0, q = (i + k) * 3 * P + c, d = (k * 3 + c) * P; p < P; p++, q += 3)
        x[d + p] = (px[q] / 255 - M[c]) / D[c]
  const r = await s.run({ image: new ort.Tensor('float32', x.subarray(0, b * 3 * P), [b, 3, S, S]) })
  for (const [name, t] of Object.entries(r)) {
    files[name] ??= openSync(`${out}.${name}.f32`, 'w')
    writeSync(files[name], Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength))
  }
}
for (const f of Object.values(files)) closeSync(f)
