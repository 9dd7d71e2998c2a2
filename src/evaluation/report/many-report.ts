/** Confusion over models, to files: report.html for people, evaluation.json and confusion.csv for programs. */
import { join } from 'node:path'
import { escapeHtml } from '../../system/html.ts'
import { csvField, csvMark } from '../../wire/csv.ts'
import type { ManyEvaluation } from '../../wire/evaluation-many.ts'
import { writeReportFiles } from './files.ts'
import { leftOut, words } from './parts.ts'
import { reportStyle } from './report-style.ts'

/** @returns the path of the page */
export async function writeManyEvaluation(evaluation: ManyEvaluation, folder: string): Promise<string> {
  await writeReportFiles(folder, {
    'evaluation.json': `${JSON.stringify(evaluation, null, 1)}\n`,
    'confusion.csv': confusionCsv(evaluation),
    'report.html': manyHtml(evaluation),
  })
  return join(folder, 'report.html')
}

/** One row a class: how many of its images have each model as their best label, or none. */
function confusionCsv({ models, classes }: ManyEvaluation): string {
  const rows = classes.map(({ label, images, best, none }) => [
    csvField(label),
    images,
    ...models.map((ref) => best[ref] ?? 0),
    none,
  ])
  const lines = [['class', 'images', ...models.map(csvField), 'none'], ...rows].map((row) => row.join(','))
  return `${csvMark(classes.map(({ label }) => label))}${lines.join('\r\n')}\r\n`
}

function manyHtml({ models, classes, sentences, unreadable }: ManyEvaluation): string {
  const table = (
    title: string,
    note: string,
    of: (one: ManyEvaluation['classes'][number]) => readonly number[],
    last: string,
  ) => {
    const head = ['class', 'images', ...models, ...(last ? [last] : [])].map((text) => `<th>${escapeHtml(text)}</th>`)
    const rows = classes.map((one) => {
      const cells = of(one).map((count, at) => {
        const isOwn = models[at] === one.model && at < models.length
        const shade = one.images === 0 ? 0 : Math.round((60 * count) / one.images)
        const colour = isOwn || (at === models.length && one.model === null) ? 'positive' : 'negative'
        return `<td style="background:color-mix(in srgb,var(--${colour}) ${shade}%,transparent)">${count}</td>`
      })
      return `<tr><td>${escapeHtml(one.label)}</td><td>${one.images}</td>${cells.join('')}</tr>`
    })
    return `<h2>${title}</h2><p class="soft">${note}</p><div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  }
  const unread = leftOut(unreadable)
  const left = unread === undefined ? '' : `<div class="warning"><p>${escapeHtml(unread)}</p></div>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Confusion of ${models.length} models</title><link rel="icon" href="data:,">
<style>${reportStyle}</style></head><body>
<header><h1>${models.length} models on ${classes.length} classes</h1><p class="soft">Each model was taught its class alone; nothing was fitted here.</p></header>
<section class="verdict" aria-label="Verdict">${sentences.map((text) => `<p>${words(text)}</p>`).join('')}</section>
${left}<main>
${table('Best label', 'Images of each class by the model with the largest p-value among those that accept them.', ({ best, none }) => [...models.map((ref) => best[ref] ?? 0), none], 'none')}
${table('Accepted', 'Images of each class that each model accepts: an image may have several labels, or none.', ({ accepted }) => models.map((ref) => accepted[ref] ?? 0), '')}
</main></body></html>
`
}
