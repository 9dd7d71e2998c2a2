/** The frame of the page, and what all views say. */
import { count } from '../../format.ts'
import { s } from '../plural.ts'

export const shell = {
  brand: 'oneclass',
  tagline: 'Show it photos of one thing. Ask whether any image belongs.',
  skip: 'Skip to the content',
  nav: {
    label: 'Main',
    models: 'Models',
    classify: 'Classify',
    batches: 'Batches',
    map: 'Map',
    compare: 'Compare',
    operations: 'Operations',
    docs: 'API reference',
  },
  language: 'Language',
  theme: { label: 'Theme', system: 'Auto', light: 'Light', dark: 'Dark' },
  key: {
    button: 'API key',
    set: 'API key: set',
    title: 'This service asks for an API key',
    optional: 'API key',
    why: 'Whoever runs the service makes one with “oneclass keys create --name NAME --scope manage”.',
    field: 'Key',
    remember: 'Remember it on this device',
    save: 'Use this key',
    give: 'Give a key',
    forget: 'Forget the key',
    refused: 'The service did not take the key. Check it, or ask for a new one.',
  },
  connection: {
    lost: 'The service does not answer. Trying again every second; nothing is lost.',
    failed: 'The service did not answer, so this was most likely not done: try it again when the service is back.',
  },
  trouble: {
    key: 'The service asks for an API key, or no longer takes this one. What you send waits here until it has one.',
    redis:
      'The service cannot reach its queue (Redis). Your images wait here and are sent when it is back; nothing is lost.',
    workers: 'No worker is running. What you send waits in the queue until one starts.',
    workersHow: 'Start one with “oneclass worker --redis URL”, or the service with “--workers 1”.',
    models: 'The service cannot read its models. Look at the disk of its data directory.',
    queue: 'Somebody paused the queue at the queue board. What you send waits until it goes on.',
    version: (page: string, service: string) =>
      `The service has version ${service}, this page is of version ${page}. Load the page again.`,
    workerVersion: (workers: readonly string[], service: string) =>
      `A worker has ${workers[0] === '' ? 'an earlier version' : `version ${workers[0]}`}, the service version ${service}. Start all workers again with the version of the service.`,
    reload: 'Load again',
    over: 'The service works again.',
  },
  /** Sentences about errors by their code; none here: the service's own are English. */
  errors: {} as Readonly<Record<string, string>>,
  common: {
    cancel: 'Cancel',
    close: 'Close',
    retry: 'Try again',
    model: 'Model',
    loading: 'Loading …',
    more: 'More actions',
    linkCopied: 'The link is on the clipboard.',
    linkIs: (address: string) => `The link: ${address}`,
    images: (n: number) => s(n, 'image'),
    photos: (n: number) => s(n, 'photo'),
    noModels: 'There is no model yet.',
    makeOne: 'Make a model',
    noPicture: 'This browser cannot show the picture. The service may be able to read it all the same.',
    viewGone: 'This view could not be loaded: the service was renewed since this page was opened. Load the page again.',
    unexpected: 'Something went wrong that should not have.',
  },
  drop: {
    folder: 'Drop a folder or images here',
    images: 'Drop images here',
    pickFolder: 'Choose a folder',
    pickFiles: 'Choose images',
    paste: 'or paste one',
    skipped: (n: number) =>
      n === 1
        ? '1 file is no image, or only a thumbnail or a backup of one, and was left out.'
        : `${count(n)} files are no images, or only thumbnails or backups, and were left out.`,
    which: 'Drop it onto one of the boxes: there is more than one.',
    nowhere: 'Nothing here takes files. Drop them in Models, Classify or Batches.',
    stopped: 'What was being sent is stopped, since you left the view. The images are still chosen there.',
    nothing: 'There was no image in what you dropped.',
    known: (n: number) => (n === 1 ? '1 image was here already.' : `${count(n)} images were here already.`),
    from: (folders: readonly string[]) =>
      folders.length > 3
        ? `from ${count(folders.length)} folders`
        : `from ${folders.map((name) => `“${name}”`).join(', ')}`,
    tooMany: (n: number, most: number) => `${count(n)} images are more than the ${count(most)} taken at once.`,
    tooBig: (size: string, most: string) =>
      `The images have ${size}, more than the ${most} taken at once. Leave some out, or let the service read a folder of its own.`,
  },
}
