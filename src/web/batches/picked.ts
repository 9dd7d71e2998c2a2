/** Images of a batch that were picked on its map, to be reviewed by themselves. */
import { signal } from '@preact/signals'

export const picked = signal<{ readonly batch: string; readonly indices: ReadonlySet<number> } | null>(null)
