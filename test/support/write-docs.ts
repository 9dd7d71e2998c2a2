/** Writes the generated parts of docs/; from the root of the project. */
import { writeFile } from 'node:fs/promises'
import { generatedDocs } from './generated-docs.ts'

for (const [path, text] of await generatedDocs()) await writeFile(path, text)
