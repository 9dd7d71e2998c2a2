// Runs a network over images.   node embed.mjs NET.onnx IMAGES.npy OUT [outputs] [mean] [std]
//
// IMAGES.npy: uint8 (n, side, side, 3). Writes OUT.<output>.f32, one row an image, for each of the outputs
// (comma-separated, `embedding` if none is named). `mean` and `std`: three numbers each, for images in [0, 1].
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'

const ort = createRequire(`${process.cwd()}/`)('onnxruntime-node')
const [net, images, out, outputs = 'embedding', mean = '0.485,0.456,0.406', std = '0.229,0.224,0.225'] =
  process.argv.slice(2)
const numbers = (text) => text.split(',').map(Number)
const means = numbers(mean)
const deviations = numbers(std)
const batch = 8

const bytes = readFileSync(images)
const head = 10 + bytes.readUInt16LE(8) // the header of the .npy
const [count, side] = numbers(/\(([^)]*)\)/.exec(bytes.toString('latin1', 0, head))[1])
const pixels = bytes.subarray(head)
const places = side * side
const x = new Float32Array(batch * 3 * places)
const session = await ort.InferenceSession.create(net, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const files = Object.fromEntries(outputs.split(',').map((name) => [name, openSync(`${out}.${name}.f32`, 'w')]))
for (let first = 0; first < count; first += batch) {
  const n = Math.min(batch, count - first)
  for (let image = 0; image < n; image++)
    for (let channel = 0; channel < 3; channel++) {
      let from = (first + image) * 3 * places + channel
      const start = (image * 3 + channel) * places
      for (let to = start; to < start + places; to++, from += 3)
        x[to] = (pixels[from] / 255 - means[channel]) / deviations[channel]
    }
  const tensor = new ort.Tensor('float32', x.subarray(0, n * 3 * places), [n, 3, side, side])
  const result = await session.run({ image: tensor }, Object.keys(files))
  for (const [name, file] of Object.entries(files)) {
    const { buffer, byteOffset, byteLength } = result[name].data
    writeSync(file, Buffer.from(buffer, byteOffset, byteLength))
  }
}
for (const file of Object.values(files)) closeSync(file)
