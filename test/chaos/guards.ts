/**
 * Does every attack's test fail without the guard against it? Takes each guard out of a copy of the build, runs the test
 * that should notice, and reports guards that nobody would miss. By hand: `node dist/test/chaos/guards.js [PART]`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freezeBuild } from '../support/frozen.ts'

interface Guard {
  readonly attack: string
  /** Of the build. */
  readonly file: string
  /** What is taken out, and what stands there instead. */
  readonly guard: RegExp
  readonly instead: string
  /** A part of the test file's path. */
  readonly test: string
}

const guards: readonly Guard[] = [
  {
    attack: 'traversal: a folder named by dots or by its whole path',
    file: 'src/service/local-files.js',
    guard: /if \(!isBelowAny\(real, roots\)\)\s+throw notAllowed\(name, roots\);\s+return real;/,
    instead: 'return real;',
    test: 'service/local-files',
  },
  {
    attack: 'traversal and symlink: where an open file lies',
    file: 'src/service/local-files.js',
    guard: /if \(!isBelowAny\(real, roots\)\)\s+throw notAllowed\(name, roots\);\s+if \(!stats/,
    instead: 'if (!stats',
    test: 'service/local-files',
  },
  {
    attack: 'symlink: followed before the question is asked',
    file: 'src/service/local-files.js',
    guard: /real = await realpath\(absolute\);/,
    instead: 'real = absolute;',
    test: 'service/local-files',
  },
  {
    attack: 'symlink inside of a folder that is listed',
    file: 'src/images/collect.js',
    guard: /root !== undefined && target && !isBelow\(await realpath\(path\), root\)/,
    instead: 'false',
    test: 'service/local-files',
  },
  {
    attack: 'SSRF: an address of ours',
    file: 'src/api/url-fetch.js',
    guard: /!addresses\.every\(\(address\) => isPublic\(address\)\)/,
    instead: 'false',
    test: 'api/ssrf',
  },
  {
    attack: 'SSRF: a name with a public address and one of ours',
    file: 'src/api/url-fetch.js',
    guard: /!addresses\.every\(/,
    instead: '!addresses.some(',
    test: 'api/ssrf',
  },
  {
    attack: 'SSRF: a redirect is checked like the first address',
    file: 'src/api/url-fetch.js',
    guard: /const address = await withinTime\(checkedAddress\(next, options\), signal\);/,
    instead:
      "const address = hop === 0 ? await withinTime(checkedAddress(next, options), signal) : next.hostname.endsWith('example') ? '127.0.0.1' : next.hostname;",
    test: 'api/ssrf',
  },
  {
    attack: 'SSRF: the connection goes to the address that was checked',
    file: 'src/api/url-fetch.js',
    guard: /lookup: pinned,/,
    instead: '',
    test: 'api/url-fetch',
  },
  {
    attack: 'SSRF: other schemes',
    file: 'src/api/url-fetch.js',
    guard: /url\.protocol !== 'http:' && url\.protocol !== 'https:'/,
    instead: 'false',
    test: 'api/url-fetch',
  },
  {
    attack: 'a URL that never ends',
    file: 'src/api/url-fetch.js',
    guard: /if \(length > maxBytes\)/,
    instead: 'if (false)',
    test: 'api/url-fetch',
  },
  {
    attack: 'oversized body of JSON',
    file: 'src/api/server.js',
    guard: /bodyLimit: 64 \* 1024,/,
    instead: 'bodyLimit: 1e9,',
    test: 'api/attacks',
  },
  {
    attack: 'oversized image of a form, without an end',
    file: 'src/api/http/uploads.js',
    guard: /part\.file\.once\('limit'/,
    instead: "part.file.once('nothing'",
    test: 'api/attacks',
  },
  {
    attack: 'oversized form of many images',
    file: 'src/api/http/uploads.js',
    guard: /if \(total > limits\.maxTotalBytes\)/,
    instead: 'if (false)',
    test: 'api/attacks',
  },
  {
    attack: 'slow headers (slowloris)',
    file: 'src/api/server.js',
    guard: /headersTimeout: limits\.headersTimeoutMs,/,
    instead: 'headersTimeout: 100_000,',
    test: 'api/attacks',
  },
  {
    attack: 'slow body',
    file: 'src/api/server.js',
    guard: /requestTimeout: limits\.requestTimeoutMs,/,
    instead: 'requestTimeout: 100_000,',
    test: 'api/attacks',
  },
  {
    attack: 'who is answered and goes on sending',
    file: 'src/api/http/bodies.js',
    guard: /raw\.destroy\(\);/,
    instead: '',
    test: 'api/attacks',
  },
  {
    attack: 'uploads that stop half-way and hold the memory',
    file: 'src/api/http/held-bytes.js',
    guard: /if \(total \+ bytes > maxBytes[^{]*\{/,
    instead: 'if (false) {',
    test: 'api/attacks',
  },
  {
    attack: 'uploads that are gone and still hold the memory',
    file: 'src/api/http/bodies.js',
    guard: /reply\.raw\.once\('close', \(\) => request\.held\.end\(\)\);/,
    instead: '',
    test: 'api/attacks',
  },
  {
    attack: 'streams: all of them by one caller',
    file: 'src/api/http/streams.js',
    guard: /ofCaller >= limits\.ofOne/,
    instead: 'false',
    test: 'api/attacks',
  },
  {
    attack: 'missing key',
    file: 'src/api/http/access.js',
    guard: /request\.key = await authenticate\(request\);/,
    instead: "request.key = await authenticate(request).catch(() => ({ id: 'x', scope: 'manage' }));",
    test: 'api/secrets',
  },
  {
    attack: 'key of the wrong scope',
    file: 'src/api/http/access.js',
    guard: /scope === 'manage' && request\.key\.scope !== 'manage'/,
    instead: 'false',
    test: 'api/secrets',
  },
  {
    attack: 'wrong key',
    file: 'src/service/key-store.js',
    guard: /timingSafeEqual\(expected, hash\(key\)\)/,
    instead: 'true',
    test: 'api/secrets',
  },
  {
    attack: 'key in a log: addresses are logged as their route',
    file: 'src/api/server.js',
    guard: /route: url,/,
    instead: 'route: request.url,',
    test: 'api/secrets',
  },
  {
    attack: 'key in a log: a key is logged as its id',
    file: 'src/api/server.js',
    guard: /\{ key: request\.key\.id \}/,
    instead: '{ key: request.headers.authorization }',
    test: 'api/secrets',
  },
  {
    attack: 'an Idempotency-Key of another caller',
    file: 'src/queue/idempotency.js',
    guard: /digest\(\[owner, type, idempotencyKey\]\)/,
    instead: 'digest([type, idempotencyKey])',
    test: 'api/secrets',
  },
  {
    attack: 'an id of a job that is computed from what others may know',
    file: 'src/queue/idempotency.js',
    guard: /const id = newJobId\(type\);/,
    instead:
      "const id = idempotencyKey === undefined ? newJobId(type) : type + '-' + createHash('sha256').update(owner + '\\n' + type + '\\n' + idempotencyKey).digest('hex').slice(0, 36);",
    test: 'api/secrets',
  },
  {
    attack: 'ids of batches that are other keys of Redis',
    file: 'src/api/routes/batches.js',
    guard: /typeOfJob\(id\) === 'batch'/,
    instead: 'true',
    test: 'api/secrets',
  },
  {
    attack: 'formulas in CSV',
    file: 'src/wire/result-csv.js',
    guard: /text = `'\$\{text\}`/,
    instead: 'void 0',
    test: 'wire/result-csv',
  },
  {
    attack: 'Redis: a comparison whose id is a path',
    file: 'src/service/comparisons.js',
    guard: /typeOfJob\(id\) === 'compare' && /,
    instead: '',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: a comparison whose files are paths',
    file: 'src/service/comparisons.js',
    guard: /Value\.Check\(ComparisonFiles, files\)/,
    instead: 'files',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: notes of fits that are none',
    file: 'src/service/fit-saver.js',
    guard: /typeOfJob\(id\) === 'fit' && Value\.Check\(Note, fit\)/,
    instead: 'true',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: a damaged drift monitor',
    file: 'src/service/drift-log.js',
    guard: /Value\.Check\(storedForm, stored\)/,
    instead: 'stored',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: scores that are no numbers',
    file: 'src/service/drift-log.js',
    guard: / && score >= 0 && score <= 1/,
    instead: '',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: jobs of another form',
    file: 'src/queue/consumer.js',
    guard: /!Value\.Check\(jobSchemas\[kind\], job\.data\)/,
    instead: 'false',
    test: 'queue/hostile',
  },
  {
    attack: 'Redis: bytes that are not those that were stored',
    file: 'src/queue/blobs.js',
    guard: /if \(sha256\(bytes\) === hash\)/,
    instead: 'if (true)',
    test: 'queue/blobs',
  },
  {
    attack: 'a chunk that always fails',
    file: 'src/service/feeder.js',
    guard: />= maxFailures/,
    instead: '>= 1e9',
    test: 'queue/hostile',
  },
  {
    attack: 'model file: an array again and again',
    file: 'src/store/plain-data.js',
    guard: /if \(left < 0\)/,
    instead: 'if (false)',
    test: 'store/store',
  },
  {
    attack: 'model file: a description without an end',
    file: 'src/store/sealed.js',
    guard: /if \(treeLength > maxTreeBytes\)/,
    instead: 'if (false)',
    test: 'store/store',
  },
  {
    attack: 'image bombs: refused from the header',
    file: 'src/images/decode.js',
    guard: /limitInputPixels: limits\.maxPixels,/,
    instead: 'limitInputPixels: false,',
    test: 'images/decode',
  },
  {
    attack: 'SVG: known by its content',
    file: 'src/images/format.js',
    guard: /return 'an SVG drawing';/,
    instead: 'return undefined;',
    test: 'images/decode',
  },
  {
    attack: 'SVG: no decoder left',
    file: 'src/images/only-accepted.js',
    guard: /sharp\.block\(\{ operation: \['VipsForeignLoad'\] \}\);/,
    instead: '',
    test: 'images/only',
  },
]

const wanted = process.argv[2] ?? ''
const copy = await mkdtemp(join(tmpdir(), 'oneclass-guards-'))
let missed = 0
try {
  await freezeBuild(copy)
  for (const { attack, file, guard, instead, test } of guards) {
    if (!attack.includes(wanted) && !file.includes(wanted)) continue
    const path = join(copy, 'dist', file)
    const before = await readFile(path, 'utf8')
    const after = before.replace(guard, () => instead)
    let outcome = 'noticed'
    if (after === before) outcome = 'THE GUARD WAS NOT FOUND'
    else {
      await writeFile(path, after)
      if (await passes(test)) outcome = 'NOBODY NOTICED'
      await writeFile(path, before)
    }
    if (outcome !== 'noticed') missed++
    process.stdout.write(`${outcome.padEnd(24)} ${attack} (${test})\n`)
  }
} finally {
  await rm(copy, { recursive: true, force: true })
}
process.stdout.write(`${missed} of ${guards.length} guards are not proven\n`)
process.exitCode = missed > 0 ? 1 : 0

function passes(test: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('node', [join(copy, 'dist/test/run.js'), test], { cwd: copy, timeout: 240_000 }, (error) =>
      resolve(error === null),
    )
  })
}
