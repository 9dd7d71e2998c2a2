/** A comparison to files: report.html for people, report.json and scores.csv for programs. Schema: docs/compare.md. */
import { join } from 'node:path'
import { saveNetwork } from '../../baselines/save-network.ts'
import { csvField, csvMark } from '../../wire/csv.ts'
import type { CompareReport } from '../compare-report.ts'
import { writeReportFiles } from './files.ts'
import { reportHtml } from './report-html.ts'

export function renderReport(report: CompareReport) {
  const { thumbnails: _, images: __, networks: ___, ...json } = report
  return {
    'report.html': reportHtml(report),
    'report.json': `${JSON.stringify(json, rounded, 1)}\n`,
    'scores.csv': scoresCsv(report),
  }
}

/** @param outDir created where it is missing. Each file appears whole or not at all; trained networks go to KEY/model.json. */
export async function writeReport(report: CompareReport, outDir: string): Promise<void> {
  await writeReportFiles(outDir, renderReport(report))
  for (const [key, network] of report.networks) await saveNetwork(network, key, join(outDir, key))
}

/** One line an image and method that is done: image,label,method,score,isPositive. */
function scoresCsv({ images }: CompareReport): string {
  const lines = ['image,label,method,score,isPositive']
  for (const { image, isPositive, scores } of images) {
    for (const [method, { score, accepted }] of Object.entries(scores)) {
      lines.push(`${csvField(image)},${isPositive ? 'positive' : 'negative'},${method},${score},${accepted}`)
    }
  }
  return `${csvMark(images.map(({ image }) => image))}${lines.join('\n')}\n`
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value
}
