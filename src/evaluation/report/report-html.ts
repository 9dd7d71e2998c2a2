/** The report as one HTML file that needs nothing else: no network, no fonts, no framework; readable without its script. */
import { describeSkipped } from '../../images/left-out.ts'
import { dataUri, escapeHtml, scriptJson } from '../../system/html.ts'
import type { MethodReport } from '../../wire/comparison.ts'
import { splits } from '../../wire/splits.ts'
import type { CompareReport } from '../compare-report.ts'
import { splitName } from '../material.ts'
import { nearDuplicateWords } from '../near-duplicate-words.ts'
import { leftOut, short, stackedTable, words } from './parts.ts'
import { ranked } from './ranked.ts'
import { embeddingSection, gallerySection, noiseSection, plotsSection } from './report-pictures.ts'
import { reportScript, reportStyle } from './report-style.ts'

export function reportHtml(report: CompareReport): string {
  const thumbs = report.embedding.map(({ image, split }) => {
    const bytes = report.thumbnails.get(image)
    return [bytes ? dataUri(bytes) : '', `${splitName(split)}: ${image}`]
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(report.title)}</title><link rel="icon" href="data:,">
<style>${reportStyle}</style></head><body>
<header><h1>${escapeHtml(report.title)}</h1>
<p class="soft">${summaryLine(report)}</p></header>
<section class="verdict" aria-label="Verdict">${report.verdict.map((text) => `<p>${words(text)}</p>`).join('')}</section>
${warnings(report)}
<main>
<h2>Every method</h2>
${table(report)}
<p class="soft">${legendOfTable(report)}</p>
${plotsSection(report)}
${confusions(report)}
${noiseSection(report)}
${gallerySection(report)}
${embeddingSection(report)}
<h2>What each result means</h2>
<div class="notes">${ranked(report.methods)
    .map(({ row }) => notes(row))
    .join('')}</div>
${recipe(report)}
</main>
<script type="application/json" id="thumbs">${scriptJson(thumbs)}</script>
<script>${reportScript}</script>
</body></html>
`
}

function summaryLine({ data, backbone, alpha, seconds, quick }: CompareReport): string {
  const counts = splits.map((split) => `${data.counts[split].used} ${splitName(split)}`).join(', ')
  return escapeHtml(
    `${counts} · backbone ${backbone.id} · alpha ${alpha} · ${quick ? 'quick' : 'full'} run, ${seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`}`,
  )
}

function warnings(report: CompareReport): string {
  const { data } = report
  const out = [...data.warnings]
  const faceless = data.unreadable.filter(({ error }) => isFaceless(error.code))
  const unreadable = data.unreadable.filter(({ error }) => !isFaceless(error.code))
  if (faceless.length > 0) out.push(facelessWarning(report, faceless))
  const unread = leftOut(unreadable)
  if (unread !== undefined) out.push(unread)
  const skipped = describeSkipped(data.skipped ?? [])
  if (skipped !== undefined) out.push(`Of the folders: ${skipped}.`)
  const repeats = nearDuplicateWords(data, short)
  if (repeats !== undefined) out.push(repeats)
  return out.map((text) => `<div class="warning"><p>${words(text)}</p></div>`).join('')
}

function isFaceless(code: string): boolean {
  return code === 'NO_FACE' || code === 'SEVERAL_FACES'
}

/** Where the backbone wants one face: which images have none, and what the ensemble's accuracy is with them counted as rejected. */
function facelessWarning({ methods }: CompareReport, faceless: CompareReport['data']['unreadable']): string {
  const count = (split: string) => faceless.filter((one) => one.split === split).length
  const parts = splits.filter((split) => count(split) > 0).map((split) => `${count(split)} in ${splitName(split)}`)
  const confusion = methods.find(({ key }) => key === 'ensemble')?.confusion
  let counted = ''
  if (confusion) {
    const { positiveAccepted, positiveRejected, negativeAccepted, negativeRejected } = confusion
    const lost = count('testPositive')
    const right = positiveAccepted + negativeRejected + count('testNegative')
    const all = right + positiveRejected + negativeAccepted + lost
    counted = ` An image without a face that counts is no answer when served either; counted as rejected, the ensemble is right in ${right} of ${all} test images (${percent(right / all)}).`
  }
  return `${faceless.length} images have no face, or several of like size (${parts.join(', ')}). No method has seen them and no number below counts them.${counted}`
}

function table(report: CompareReport): string {
  const best = report.methods.reduce((top, row) => Math.max(top, row.auroc ?? 0), 0)
  const head = [
    'Method',
    'AUROC (95 %)',
    'Average precision',
    `TPR at FPR ${report.alpha}`,
    'False rejection',
    'False acceptance',
    'Accuracy',
    'Fit',
    'Score',
    'Memory',
  ]
  const rows = ranked(report.methods).map(({ row, colour }) => {
    const here = row.key === 'ensemble' ? '<span class="here">used here</span>' : ''
    const name = `<td><span class="swatch" style="--c:var(--m${colour})"></span>${escapeHtml(row.title)}${here}<span class="key">${row.key}${row.needs === 'negatives' ? ' · needs negatives' : row.needs === 'reference' ? ' · reference set' : ''}</span></td>`
    if (row.status !== 'done') {
      return `<tr>${name}<td class="wide reason" colspan="9" style="text-align:left">${row.status}: ${escapeHtml(row.reason ?? '')}</td></tr>`
    }
    const interval = row.aurocInterval
      ? ` <span class="soft range">${row.aurocInterval.map((value) => value.toFixed(3)).join('–')}</span>`
      : ''
    const level =
      row.againstBest && !row.againstBest.isReal
        ? ' <span class="soft" title="not really different from the best">≈</span>'
        : ''
    const cells = [
      `${number(row.auroc, 3)}${level}${interval}${spread(row)}`,
      number(row.averagePrecision, 3),
      percent(row.truePositiveRate),
      percent(row.falseRejectionRate),
      percent(row.falseAcceptanceRate),
      percent(row.accuracy),
      row.fitSeconds === null ? '–' : `${duration(row.fitSeconds)} s`,
      row.scoreMs === null ? '–' : `${duration(row.scoreMs)} ms`,
      row.memoryMb === null ? '–' : `${duration(row.memoryMb)} MB`,
    ]
    const classes = [row.key === 'ensemble' ? 'ours' : '', row.auroc !== null && row.auroc === best ? 'best' : '']
    return `<tr class="${classes.join(' ').trim()}">${name}${cells.map((cell, i) => `<td data-name="${words(head[i + 1] ?? '')}"><span>${cell}</span></td>`).join('')}</tr>`
  })
  return `<div class="scroll"><table class="main"><thead><tr>${head.map((text) => `<th scope="col">${words(text)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function spread({ seeds }: MethodReport): string {
  if (!seeds || seeds.auroc.length < 2) return ''
  const [low, high] = [Math.min(...seeds.auroc), Math.max(...seeds.auroc)]
  return ` <span class="key">${seeds.auroc.length} seeds: ${low.toFixed(3)}–${high.toFixed(3)}</span>`
}

function legendOfTable({ alpha }: CompareReport): string {
  return escapeHtml(
    `A positive is an image of the class. AUROC .5 is guessing, 1 is perfect; the interval is a bootstrap over the test images (1000 draws; exact where all are ranked right), and ≈ marks methods whose paired difference from the best may be chance. TPR: share of the class accepted by the threshold that would let the share ${alpha} of these test negatives pass. False rejection, false acceptance and accuracy are of the method's own decision: p-value above alpha for methods that know positives only, probability above .5 for the binary ones. Times are from image files to result, decoding and embedding included, beside whatever else ran; memory is counted (data, state, tensors).`,
  )
}

function confusions({ methods, alpha }: CompareReport): string {
  const rows = ranked(methods).flatMap(({ row, colour }) => (row.confusion ? [{ row, colour, c: row.confusion }] : []))
  if (rows.length === 0) return ''
  const head = ['Method', 'Class accepted', 'Class rejected', 'Others accepted', 'Others rejected']
  head.push('Precision if 50 % are of the class', 'If 5 %', 'If 1 %')
  const percentOrNone = (value: number | null | undefined) => (value == null ? '–' : percent(value))
  const body = rows.map(({ row, colour, c }) => {
    const at = (prevalence: number) =>
      percentOrNone(row.precisionAtPrevalence?.find((one) => one.prevalence === prevalence)?.precision)
    return [
      `<span class="swatch" style="--c:var(--m${colour})"></span>${escapeHtml(row.title)}`,
      ...[c.positiveAccepted, c.positiveRejected, c.negativeAccepted, c.negativeRejected].map(String),
      ...[0.5, 0.05, 0.01].map(at),
    ]
  })
  return `<h2>Decisions at alpha ${alpha}, and what they are worth</h2>${stackedTable(head, body)}
<p class="soft">Precision: the share of accepted images that truly are of the class. Among your own images the class is rarely half of all, and precision falls with its share.</p>`
}

function notes(row: MethodReport): string {
  const text = row.status === 'done' ? row.notes : [`${row.status}: ${row.reason ?? ''}`]
  if (text.length === 0) return ''
  return `<p><strong>${escapeHtml(row.title)}.</strong> ${words(text.join(' '))}${row.decision ? ` <span class="soft">Decides by: ${escapeHtml(row.decision)}.</span>` : ''}</p>`
}

function recipe({ command, seed, backbone, environment, createdAt, data }: CompareReport): string {
  const line = command ? `<p><code>${escapeHtml(command)}</code></p>` : ''
  return `<h2>The recipe</h2>${line}<p class="soft">${escapeHtml(
    `Seed ${seed}; backbone ${backbone.id} (${backbone.dim} numbers an image, hash ${backbone.hash.slice(0, 12)}); oneclass ${environment.oneclass}, Node ${environment.node}, ${environment.cpus} cores; ${createdAt}. Nothing was chosen by the test images: settings are fixed, or chosen by cross-validation within the training images. Near-duplicates are found by perceptual hash (at most 4 of 64 bits differ) or by laying one image onto the other; ${data.nearDuplicates.length} were found. scores.csv and report.json beside this file hold every number.`,
  )}</p>`
}

/** Two digits, and never as a power of ten. */
function duration(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(value < 0.0995 && value > 0 ? 1 : 0)}\u00a0%`
}
