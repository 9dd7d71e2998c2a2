/** What deploy/ names exists: metrics, options, ports. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'

const metrics = await readFile('src/api/metrics.ts', 'utf8')
const named = [...metrics.matchAll(/name: '(oneclass_[a-z0-9_]+)'/g)].map((match) => match[1]!)

for (const file of ['grafana.json', 'keda.yaml']) {
  test(`deploy/${file} asks for metrics that the service has`, async () => {
    const text = await readFile(`deploy/${file}`, 'utf8')
    const asked = [...text.matchAll(/oneclass_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''))
    assert.ok(asked.length > 0)
    for (const name of asked) assert.ok(named.includes(name) || name.startsWith('oneclass_api_process_'), name)
    if (file.endsWith('.json')) assert.ok((JSON.parse(text) as { panels: unknown[] }).panels.length > 5)
  })
}

test('options that the proxy examples name are those of serve', async () => {
  const serve = await readFile('src/cli/serve.ts', 'utf8')
  for (const file of ['nginx.conf', 'Caddyfile', 'kubernetes.yaml']) {
    const text = await readFile(`deploy/${file}`, 'utf8')
    for (const [, option] of text.matchAll(/\bserve\b.*?--([a-z-]+)/g)) {
      assert.ok(serve.includes(`${option}:`) || serve.includes(`'${option}':`), `${file}: --${option}`)
    }
  }
})
