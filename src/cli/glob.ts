/** Patterns such as `photos/*.jpg`, `**` for any depth, `[ab]`, `{jpg,png}`: for shells that leave them to the program. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export function isPattern(text: string): boolean {
  return /[*?]|\[[^\]]+\]|\{[^}]+,[^}]*\}/.test(text)
}

/** Paths that fit, in order. `**` enters no hidden folder and follows no link; `*` fits no name that begins with a dot. */
export async function expandPattern(pattern: string): Promise<string[]> {
  const found = await Promise.all(alternatives(pattern.replaceAll('\\', '/')).map(expandOne))
  return [...new Set(found.flat())].sort()
}

/** `a{b,c}d` as `abd` and `acd`. */
function alternatives(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]+,[^{}]*)\}(.*)$/s.exec(pattern)
  if (!match) return [pattern]
  const [, before, inner = '', after] = match
  return inner.split(',').flatMap((part) => alternatives(`${before}${part}${after}`))
}

async function expandOne(pattern: string): Promise<string[]> {
  const parts = pattern.split('/')
  let places = [parts[0] === '' ? '/' : '']
  for (const [i, part] of parts.entries()) {
    if (part === '') continue
    const isLast = i === parts.length - 1
    const next: string[] = []
    for (const place of places) next.push(...(await step(place, part, isLast)))
    places = [...new Set(next)]
  }
  return places
}

async function step(place: string, part: string, isLast: boolean): Promise<string[]> {
  if (part === '**') {
    const folders = [place]
    for (const folder of folders) {
      for (const entry of await entriesOf(folder)) {
        if (entry.isDirectory() && !entry.name.startsWith('.')) folders.push(join(folder, entry.name))
      }
    }
    return isLast ? (await Promise.all(folders.map((folder) => step(folder, '*', true)))).flat() : folders
  }
  if (!isPattern(part)) {
    const path = join(place, part)
    return (await stat(path).catch(() => undefined)) ? [path] : []
  }
  const fits = matcher(part)
  const entries = await entriesOf(place)
  return entries
    .filter(({ name }) => fits.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map(({ name }) => join(place, name))
}

async function entriesOf(folder: string) {
  return await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(() => [])
}

function matcher(part: string): RegExp {
  const source = part.replace(/\[!?([^\]]+)\]|[*?]|[.+^${}()|\\[\]]/g, (found, inner: string | undefined) => {
    if (found === '*') return '[^/]*'
    if (found === '?') return '[^/]'
    if (inner !== undefined) return `[${found[1] === '!' ? '^' : ''}${inner.replace(/[\\^\]]/g, '\\$&')}]`
    return `\\${found}`
  })
  return new RegExp(`^${source}$`, 'su')
}
