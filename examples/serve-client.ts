/**
 * The service from a program: start it with "oneclass serve", then
 *
 *   node serve-client.js http://127.0.0.1:3000 PHOTOS          (a folder; ONECLASS_KEY where keys are asked for)
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClientError, createClient } from 'oneclass/client'

const [address = 'http://127.0.0.1:3000', folder = 'photos', key] = process.argv.slice(2)
const client = createClient(address, key === undefined ? {} : { key })

const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort()
const photos = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })))

// fit: a job, which is worked on by whatever worker is free
const fitting = await client.fit('from-a-program', photos)
const fitted = await client.finished(fitting.id)
console.log(`fit: ${fitted.state}`)

// one image
const result = await client.classify('from-a-program', photos[0]!)
console.log(`${result.image}: ${result.isPositive ? 'belongs' : 'does not belong'} (p ${result.pValue.toFixed(3)})`)

// many: results as they come
const batch = await client.batch('from-a-program', photos)
let positive = 0
for await (const line of client.stream(batch.id)) if ('isPositive' in line && line.isPositive) positive++
console.log(`${positive} of ${photos.length} belong`)

// what goes wrong has a code
await client.model('nothing').catch((error: unknown) => {
  if (error instanceof ClientError) console.log(`${error.status} ${error.code}`)
})
await client.remove('from-a-program')
