/** HTTP by hand, for callers who do not play by the rules. */
import { connect, type Socket } from 'node:net'

export interface RawCall {
  readonly socket: Socket
  /** Everything received, when the other side closed the connection (undefined: it did not within `ms`). */
  closed(ms: number): Promise<string | undefined>
  /** What was received, as soon as it is a whole head of an answer and its body. */
  answer(): Promise<string>
}

export function rawCall(address: string, ...pieces: (string | Buffer)[]): RawCall {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('error', () => {}) // a reset is an answer too
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (const piece of pieces) socket.write(piece)
  return {
    socket,
    async answer() {
      while (!/\r\n\r\n[\s\S]*\}$/.test(text)) await new Promise((resolve) => setTimeout(resolve, 10))
      return text
    },
    async closed(ms) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), ms)
      })
      const first = await Promise.race([ended, late])
      clearTimeout(timer)
      return first === 'late' ? undefined : text
    },
  }
}

/** The status and the problem's code of an answer that came raw. */
export function rawProblem(text: string | undefined): [number, string] {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text ?? '')?.[1])
  const body = (text ?? '').split('\r\n\r\n').slice(1).join('\r\n\r\n')
  if (!/content-type: application\/problem\+json/i.test(text ?? '')) throw new Error(`no problem: ${text}`)
  return [status, (JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as { code: string }).code]
}

/** The head of a form with one file, whose bytes then follow. */
export function formHead(path: string, contentLength: number, field = 'image'): string {
  return [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: multipart/form-data; boundary=b',
    `content-length: ${contentLength}`,
    '',
    '--b',
    `content-disposition: form-data; name="${field}"; filename="a.jpg"`,
    '',
    '',
  ].join('\r\n')
}
