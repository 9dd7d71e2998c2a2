/** The guards against attacks, each with the test that has to miss it: `guards.ts` takes them out one by one. */
import { guardsWithin } from './guards-within.ts'

export interface Guard {
  readonly attack: string
  /** Of the build. */
  readonly file: string
  /** What is taken out, and what stands there instead. */
  readonly guard: RegExp
  readonly instead: string
  /** A part of the test file's path. */
  readonly test: string
}

export const guards: readonly Guard[] = [
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
    guard: /real = await realpath\(await onDisk\(absolute\)\);/,
    instead: 'real = absolute;',
    test: 'service/local-files',
  },
  {
    attack: 'symlink inside of a folder that is listed',
    file: 'src/images/walk.js',
    guard: /walk\.root !== undefined && !\(real !== undefined && isBelow\(real, walk\.root\)\)/,
    instead: 'false',
    test: 'service/local-files',
  },
  {
    attack: 'SSRF: an address of ours',
    file: 'src/api/url-fetch.js',
    guard: /!addresses\.every\(\(one\) => isPublic\(one\)\)/,
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
    guard: /const address = await withinTime\(checkedAddress\(next, options, signal\), signal\);/,
    instead:
      "const address = hop === 0 ? await withinTime(checkedAddress(next, options, signal), signal) : next.hostname.endsWith('example') ? '127.0.0.1' : next.hostname;",
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
  ...guardsWithin,
]
