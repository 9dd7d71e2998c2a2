/** Well-known public networks that `oneclass backbones pull` fetches. Nothing of them is in this package. */
import type { BackboneManifest } from './backbone.ts'

export interface CatalogueEntry {
  readonly id: string
  readonly url: string
  /** Null where it is not known beforehand: then the hash of the first download is kept in the manifest. */
  readonly sha256: string | null
  readonly bytes: number | null
  readonly license: string
  readonly dim: number
  readonly description: string
  readonly input: BackboneManifest['input']
  readonly outputs: BackboneManifest['outputs']
}

export const catalogue: readonly CatalogueEntry[] = []
