/** CPUs by mask and quota: the same count for networks, workers and decoding. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { allowedCpus, usableCpus } from '../../src/system/cpus.ts'

test('a quota is rounded down to whole CPUs, at least one, at most the mask; no quota is no limit', async () => {
  const root = await mkdtemp(join(tmpdir(), 'oneclass-cpus-'))
  try {
    assert.equal(usableCpus(root, 8), 8)
    const quotas: [string, number][] = [
      ['max 100000', 8],
      ['150000 100000', 1],
      ['200000 100000', 2],
      ['299999 100000', 3],
      ['20000 100000', 1],
      ['1600000 100000', 8],
    ]
    for (const [text, cpus] of quotas) {
      await writeFile(join(root, 'cpu.max'), `${text}\n`)
      assert.equal(usableCpus(root, 8), cpus, text)
    }
    await rm(join(root, 'cpu.max'))
    await mkdir(join(root, 'cpu'))
    await writeFile(join(root, 'cpu/cpu.cfs_period_us'), '100000\n')
    for (const [quota, cpus] of [
      ['-1', 8],
      ['250000', 2],
    ] as const) {
      await writeFile(join(root, 'cpu/cpu.cfs_quota_us'), `${quota}\n`)
      assert.equal(usableCpus(root, 8), cpus, quota)
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('the mask has as many CPUs as may be used, where the system tells of it', () => {
  const mask = allowedCpus()
  assert.ok(mask.length === 0 || mask.length >= usableCpus())
})
