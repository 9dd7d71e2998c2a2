// Finds the axes of an embedded network's places on drawn images and writes them beside it: node scripts/place-axes.mjs oc-s3
// To be run again when the network or the drawn images change (test/pipeline/place-axes.test.ts says so).
import { writeFile } from 'node:fs/promises'
import { encodeAxes } from '../dist/src/detectors/patches/axes-file.js'
import { openBackbone } from '../dist/src/features/registry.js'
import { findAxes, showingPlaces } from '../dist/src/pipeline/patches.js'

const [id] = process.argv.slice(2)
const backbone = await openBackbone(id, { home: '.oneclass' })
try {
  await writeFile(`models/${id}/axes.f32`, encodeAxes(await findAxes(showingPlaces(backbone, undefined))))
} finally {
  await backbone.close()
}
