/** All models of a data directory, whatever state they are in. */
import { toOneclassError } from '../errors.ts'
import type { Model } from '../wire/model.ts'
import { isModelName, namesIn } from './versions.ts'

export interface DamagedModel {
  /** NAME@VERSION */
  readonly label: string
  /** What is wrong and what to do. */
  readonly reason: string
}

interface Readers {
  infoOf(name: string, version: number, serving?: number): Promise<Model>
  versionsOf(name: string): Promise<number[]>
  servingOf(name: string, versions: readonly number[]): Promise<number | undefined>
}

/** @returns the latest first within a name, names in order, and which ones are damaged and how */
export async function surveyModels(root: string, { infoOf, versionsOf, servingOf }: Readers) {
  const models: Model[] = []
  const damaged: DamagedModel[] = []
  const noteDamage = (label: string, error: unknown) => {
    damaged.push({ label, reason: toOneclassError(error).message })
  }
  for (const name of (await namesIn(root)).filter(isModelName).sort()) {
    const orElse =
      <T>(otherwise: T) =>
      (error: unknown): T => {
        noteDamage(name, error)
        return otherwise
      }
    const versions = await versionsOf(name).catch(orElse<number[]>([]))
    const serving = await servingOf(name, versions).catch(orElse<number | undefined>(0))
    const found = await Promise.allSettled(versions.map((version) => infoOf(name, version, serving)))
    found.forEach((one, i) => {
      if (one.status === 'fulfilled') models.push(one.value)
      else noteDamage(`${name}@${versions[i]}`, one.reason)
    })
  }
  return { models, damaged }
}
