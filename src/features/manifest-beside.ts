/** The manifest of a network file that the user names, looked for beside it. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { BackboneManifest } from './backbone.ts'
import { manifestName } from './inferred-manifest.ts'
import { parseManifest } from './manifest.ts'

/** `net.onnx.manifest.json`, `net.manifest.json`, `net.json`, or a `manifest.json` that names the file. */
export async function manifestBeside(path: string): Promise<BackboneManifest | undefined> {
  const stem = path.slice(0, -extname(path).length)
  const candidates = [manifestName(path), `${stem}.manifest.json`, `${stem}.json`, join(dirname(path), 'manifest.json')]
  for (const candidate of candidates) {
    if (candidate === path) continue
    const text = await readFile(candidate, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    // a manifest.json may belong to anything: it counts only when it names this file
    if (basename(candidate) === 'manifest.json' && !text.includes(JSON.stringify(basename(path)))) continue
    const manifest = parseManifest(text, candidate)
    if (manifest.file === basename(path)) return manifest
    throw new OneclassError('BACKBONE_INVALID', `"${candidate}" describes "${manifest.file}", not "${basename(path)}".`)
  }
  return undefined
}
