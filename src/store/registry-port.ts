/** What a registry of models does (`registry.ts`). */
import type { Bytes } from '../system/whole-file.ts'
import type { Growth, Model } from '../wire/model.ts'
import type { Artifact } from './artifact.ts'
import type { ModelFacts } from './model-info.ts'
import type { DamagedModel } from './survey.ts'

/** What may be saved with a model. */
export interface SaveExtras {
  readonly gallery?: Bytes | undefined
  readonly growth?: Growth | undefined
  /** The job that it comes from (`savedFor`). */
  readonly job?: string | undefined
}

/** `ref` is NAME (the version in use) or NAME@VERSION. Every call throws MODEL_NAME_INVALID or MODEL_NOT_FOUND where it applies. */
export interface Registry {
  /** The latest first within a name, names in order. Damaged ones are left out. */
  list(): Promise<Model[]>
  /** Can the models be read? Cheap, however many there are. */
  isReadable(): Promise<boolean>
  /** The same as `list`, and which ones are damaged and how. */
  survey(): Promise<{ models: Model[]; damaged: DamagedModel[] }>
  info(ref: string): Promise<Model>
  /** Adds the next version, which is then the one in use, with the gallery's bytes where there are some. */
  save(name: string, artifact: Artifact, extras?: SaveExtras): Promise<Model>
  /** The same for what is encoded (and checked) already. */
  saveEncoded(name: string, model: { bytes: Bytes; facts: ModelFacts }, extras?: SaveExtras): Promise<Model>
  /** What was saved for a job, under whatever name; undefined where nothing was. */
  savedFor(job: string): Promise<Model | undefined>
  /** From now on the bare name means this version, until another is chosen or fitted. @param ref NAME@VERSION */
  use(ref: string): Promise<Model>
  load(ref: string): Promise<{ info: Model; artifact: Artifact }>
  /** The model file's bytes. @throws MODEL_CORRUPT when they are not those that were saved */
  bytes(ref: string): Promise<Uint8Array>
  /** The gallery's bytes; undefined without one. @throws MODEL_CORRUPT when they are not those that were saved */
  gallery(ref: string): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Gives a version that has none a gallery. */
  addGallery(ref: string, gallery: Uint8Array): Promise<Model>
  setAlpha(ref: string, alpha: number): Promise<Model>
  /** Moves all versions to a new name. @throws CONFLICT when there is one of that name */
  rename(name: string, to: string): Promise<Model>
  /** Makes the record of a damaged version again from its model file; alpha is then that of the fit. @throws MODEL_CORRUPT */
  repair(ref: string): Promise<Model>
  /** Removes one version, or with a bare name all of them. */
  remove(ref: string): Promise<void>
}
