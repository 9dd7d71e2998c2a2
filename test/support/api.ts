/** The HTTP service over a real Redis, without workers: for what is decided before a worker is asked. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wrongAnswer } from '../../src/api/http/answers.ts'
import type { Limits } from '../../src/api/limits.ts'
import { openService, type Service, type ServiceOptions } from '../../src/api/service.ts'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { createLog } from '../../src/system/log.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

export interface TestApi {
  readonly service: Service
  readonly redis: TestRedis
  readonly base: string
  readonly home: string
  readonly root: string
  readonly address: string
  /** Everything that was logged, at level debug. */
  readonly log: string[]
  url(path: string): string
  json(path: string, body: unknown, method?: string, headers?: Record<string, string>): Promise<Response>
  end(): Promise<void>
}

/** One model, "thing", which no worker could use: its backbone is an invention. */
export async function startTestApi(
  limits: Partial<Limits> = {},
  more: Pick<
    Partial<ServiceOptions>,
    'urls' | 'outside' | 'isLoopback' | 'webFolder' | 'webhooks' | 's3' | 'results'
  > & {
    readonly prefixes?: readonly string[]
  } = {},
): Promise<TestApi> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-api-')))
  const [home, root] = [join(base, 'home'), join(base, 'served')]
  await mkdir(root)
  const random = createRandom(1)
  const rows = Float64Array.from({ length: 30 * 8 }, () => 1 + random.next())
  const artifact = await fitFeatures(matrix(30, 8, rows), { seed: 1 })
  await openRegistry(home).save('thing', { ...artifact, backbone: { id: 'none', hash: '0'.repeat(64) } })
  const redis = await startTestRedis()
  const lines: string[] = []
  const service = await openService({
    home,
    redisUrl: redis.url,
    isLoopback: true,
    roots: [root, ...(more.prefixes ?? [])],
    limits,
    webFolder: join(base, 'none'),
    ...more,
    version: '0.0.0',
    log: createLog('debug', { part: 'api' }, (line) => lines.push(line)),
  })
  const address = await service.app.listen({ host: '127.0.0.1', port: 0 })
  return {
    service,
    redis,
    base,
    home,
    root,
    address,
    log: lines,
    url: (path) => address + path,
    json: (path, body, method = 'POST', headers = {}) =>
      fetch(address + path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async end() {
      await service.close()
      await redis.end()
      await rm(base, { recursive: true, force: true })
      const wrong = lines.filter((line) => line.includes(wrongAnswer))
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
    },
  }
}

/** The code of a problem, after everything that every problem must be was checked. */
export async function codeOf(response: Response): Promise<string> {
  const text = await response.text()
  const type = response.headers.get('content-type')?.split(';')[0]
  if (type !== 'application/problem+json') throw new Error(`${response.status} ${type}: ${text.slice(0, 200)}`)
  const problem = JSON.parse(text) as { code: string; status: number; title: string; detail: string; instance: string }
  if (problem.status !== response.status || !problem.title || !problem.detail || !problem.instance)
    throw new Error(`not a whole problem: ${text}`)
  if (/node_modules|\.[tj]s:\d|at [A-Za-z.]+ \(/.test(text)) throw new Error(`it tells of the inside: ${text}`)
  return problem.code
}
