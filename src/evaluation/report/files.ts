/** The files of a report. */
import { join } from 'node:path'
import { makeFolder, writeOutput } from '../../system/files.ts'

/** @param folder made where it is missing. Each file appears whole or not at all */
export async function writeReportFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await makeFolder(folder)
  for (const [name, text] of Object.entries(files)) await writeOutput(join(folder, name), text)
}
