/** Files that could not be used, each with its reason. */
import type { JSX } from 'preact'
import type { Rejected } from '../service/types.ts'
import { t } from '../text.ts'
import { errorWords } from '../ui/notes.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'

export function RejectedFiles({ rejected }: { rejected: readonly Rejected[] }): JSX.Element | null {
  if (rejected.length === 0) return null
  return (
    <details class="card listing" open={rejected.length <= 5}>
      <summary>{t.fit.rejected(rejected.length)}</summary>
      <ul>
        {rejected.map(({ image, error }) => (
          <li key={image}>
            <VerdictMark verdict="unreadable" size={16} />
            <span>
              <strong>{image}</strong> <span class="muted">{errorWords(error)}</span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** @param areCopies they count as one; else they look alike by chance, and each counts */
export function DuplicateGroups({
  groups,
  areCopies,
}: {
  groups: readonly (readonly string[])[]
  areCopies: boolean
}): JSX.Element | null {
  if (groups.length === 0) return null
  return (
    <details class="card listing">
      <summary>{t.fit.duplicates(groups.length)}</summary>
      <p class="hint">{areCopies ? t.models.duplicatesHelp : t.models.alikeHelp}</p>
      <ul>
        {groups.map((names) => (
          <li key={names[0]}>{names.join(', ')}</li>
        ))}
      </ul>
    </details>
  )
}
