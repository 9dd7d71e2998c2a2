/** A fit as the page asks for it: its choices, and what its result says. Real Redis, a real worker. */
import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { draw, image, images, type PageService, startPageService } from '../support/page-service.ts'
import { smallNetwork } from '../support/small-network.ts'

let service: PageService
let { client, root, url, json, codeOf } = {} as PageService

before(async () => {
  service = await startPageService()
  ;({ client, root, url, json, codeOf } = service)
})
after(() => service?.stop())

test('fits: negatives, confidence, names to leave out, the root of a data set; the result says all that was found', async () => {
  const all = await images(0, 40)
  const negatives = await Promise.all(Array.from({ length: 12 }, (_, i) => image(500 + i, false)))
  const job = await client.fit('choices', all, {
    negatives,
    alpha: 0.2,
    confidence: 0.9,
    calibration: 'cross-fit',
    exclude: ['3.jpg'],
    detail: 2,
    backbone: smallNetwork,
  })
  const done = await client.finished(job.id)
  assert.ok(done.type === 'fit' && done.result, JSON.stringify(done.error))
  const { model, used, excluded, report } = done.result
  assert.deepEqual([used, excluded, model.negatives, model.detail, model.enlarged], [39, ['3.jpg'], 12, 2, 2])
  // a worker judges whole images at both sizes, as the fit did
  const [nearest] = (await client.classify('choices', all[0]!)).nearest
  assert.ok(nearest && nearest.similarity > 0.9999, `similarity ${nearest?.similarity}`)
  const grown = await json('/v1/models', { name: 'choices', base: 'choices', detail: 1 })
  assert.equal(await codeOf(grown), '400 INVALID_ARGUMENT')
  assert.ok(report && report.askedAlpha === 0.2 && report.confidence === 0.9 && report.alpha < 0.2)
  assert.ok(report.power && report.power.share > 0.5)
  assert.deepEqual((await client.model('choices')).report, report)
  const asked = await client.classify('choices', await image(600, false))
  assert.ok(asked.detectors.discriminative && !asked.isPositive)

  const set = join(root, 'set')
  for (const [folder, from, isPositive] of [
    ['positive', 0, true],
    ['negative', 700, false],
  ] as const) {
    await mkdir(join(set, folder), { recursive: true })
    for (let i = 0; i < 20; i++) {
      // the last one has a name that is no UTF-8
      const name = Buffer.from(i === 19 ? `${join(set, folder)}/\xe9.jpg` : join(set, folder, `${i}.jpg`), 'latin1')
      await writeFile(name, await draw(from + i, isPositive))
    }
  }
  await writeFile(join(set, 'notes.txt'), 'x')
  await symlink('..', join(set, 'positive', 'up'))
  const small = { name: 'root', backbone: smallNetwork, range: { low: 0, high: 4095 }, patches: false }
  const ofRoot = await client.finished((await client.fitFolder({ ...small, folder: set, exclude: 'misfits' })).id)
  assert.ok(ofRoot.type === 'fit' && ofRoot.result, JSON.stringify(ofRoot.error))
  assert.deepEqual([ofRoot.result.used, ofRoot.result.model.facts?.places], [20, undefined])
  assert.deepEqual(ofRoot.result.model.range, { ...small.range, samples: 'any' })
  const unread = ofRoot.result.rejected.map(({ image, error }) => [image, error.code])
  assert.deepEqual(unread, [['positive/up', 'FOLDER_NOT_FOUND']])
  assert.match(
    ofRoot.result.report!.warnings[0]!,
    /negative\/: only positive\/ \(20 images\).* "negatives" DIR\/negative \(/,
  )
  assert.equal(ofRoot.result.skipped![0]!.count, 1)
  const byFolder = await client.fitFolder({
    ...small,
    folder: join(set, 'positive'),
    negatives: join(set, 'negative'),
  })
  const withThem = await client.finished(byFolder.id)
  assert.ok(withThem.type === 'fit' && withThem.result?.model.negatives === 20, JSON.stringify(withThem.error))
  const both = await client.finished((await client.fitFolder({ ...small, folder: set, negatives: set })).id)
  assert.ok(both.type === 'fit' && both.result?.model.negatives === 20, JSON.stringify(both.error))
  assert.match(both.result.report!.warnings[0]!, /20 images are left out\.$/, 'who gave negatives is not told to')
  await mkdir(join(root, 'broken'))
  await writeFile(join(root, 'broken', 'a.jpg'), 'no image')
  const withBroken = { ...small, folder: join(set, 'positive'), negatives: join(root, 'broken') }
  const stopped = await client.finished((await client.fitFolder(withBroken)).id)
  assert.match(
    `${stopped.error?.code} ${stopped.error?.message}`,
    /^TOO_FEW_IMAGES The negative cannot be read \(a\.jpg/,
  )
  const twice = new FormData()
  twice.append('name', 'x')
  twice.append('other', new Blob([Uint8Array.from(await draw(1))]), 'a.jpg')
  assert.equal(await codeOf(await fetch(url('/v1/models'), { method: 'POST', body: twice })), '400 INVALID_ARGUMENT')
})
