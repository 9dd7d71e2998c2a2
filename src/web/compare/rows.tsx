/** Every method of a comparison, the best first. */
import type { JSX } from 'preact'
import { decimal, percent } from '../format.ts'
import type { CompareRow, ComparisonReport } from '../service/types.ts'
import { t } from '../text.ts'
import { TableBox } from '../ui/table-box.tsx'
import { ScoreHistogram } from './histogram.tsx'
import type { Scores, TestScore } from './scores.ts'

/** What the service itself uses. */
const ours = 'ensemble'

export function Rows({ report, scores }: { report: ComparisonReport; scores: Scores }): JSX.Element {
  const { columns } = t.compare
  const sorted = [...report.methods].sort((a, b) => (b.auroc ?? -1) - (a.auroc ?? -1))
  return (
    <TableBox label={t.compare.title}>
      <table class="report">
        <thead>
          <tr>
            <th scope="col">{columns.method}</th>
            <th scope="col">{columns.auroc}</th>
            <th scope="col">{columns.scores}</th>
            {([columns.frr, columns.far, columns.fit, columns.score] as const).map((name) => (
              <th key={name} scope="col" class="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.key} class={row.key === ours ? 'ours' : ''}>
              <th scope="row">
                {t.compare.names[row.key] ?? row.title}{' '}
                {row.key === ours && <span class="chip accent">{t.compare.ours}</span>}
              </th>
              {row.status === 'done' ? (
                <Numbers row={row} scored={scores.get(row.key) ?? []} />
              ) : (
                <td colSpan={6} class="muted reason">
                  {t.compare[row.status]}: <span lang="en">{row.reason}</span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function Numbers({ row, scored }: { row: CompareRow; scored: readonly TestScore[] }): JSX.Element {
  const interval = row.aurocInterval?.map((x) => decimal(x, 3)).join(' – ')
  return (
    <>
      <td>
        <span class="auroc">
          <span class="auroc-bar">
            <span style={{ transform: `scaleX(${Math.max(0, ((row.auroc ?? 0.5) - 0.5) * 2)})` }} />
          </span>
          <span class="numbers">{row.auroc == null ? '–' : decimal(row.auroc, 3)}</span>
        </span>
        {interval && <span class="numbers hint interval">{t.compare.interval(interval)}</span>}
      </td>
      <td>
        <ScoreHistogram scored={scored} />
      </td>
      <td class="n">{maybe(row.falseRejectionRate)}</td>
      <td class="n">{maybe(row.falseAcceptanceRate)}</td>
      <td class="n">{row.fitSeconds == null ? '–' : `${decimal(row.fitSeconds, 1)} s`}</td>
      <td class="n">{row.scoreMs == null ? '–' : `${decimal(row.scoreMs, 1)} ms`}</td>
    </>
  )
}

function maybe(share: number | null | undefined): string {
  return share == null ? '–' : percent(share)
}
