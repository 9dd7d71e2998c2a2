/** Models and how strict they are. */
import { count, decimal } from '../../format.ts'
import { s } from '../plural.ts'

export const models = {
  alpha: {
    label: 'How strict',
    words: (k: number) => `rejects at most 1 good image in ${k} on average`,
    expected: (promise: string) => `Expected: ${promise}.`,
    least: (n: number) =>
      `${count(n)} photos can tell no more than this: with more photos it could reject fewer good images.`,
    short: (k: number) => `1 in ${k}`,
    most: (k: number) => `at most 1 in ${k} on average`,
    nothing: 'none, nor anything else',
    value: (alpha: number) => `alpha ${decimal(Number(alpha.toPrecision(3)))}`,
    fitHelp:
      'No larger share of the images that do belong is rejected, on average. You can change it later; nothing is fitted again.',
    lenient: 'lets more through',
    strict: 'rejects more',
    reset: (k: number) => `Back to 1 in ${k}`,
    keep: 'Keep for the model',
    kept: 'The model decides by this from now on.',
    raised: (own: number, k: number) =>
      `The model is set to 1 in ${own}, at which its photos cannot tell anything apart: everything would “belong”. Shown is 1 in ${k}.`,
  },
  models: {
    title: 'Models',
    lead: 'Each model knows one thing, from photos of it alone.',
    new: 'New model',
    import: 'Import a model',
    importName: 'Name for the imported model',
    imported: (name: string) => `“${name}” was imported.`,
    emptyTitle: 'Teach it one thing',
    emptySteps: [
      ['Show', 'Drop some 200 photos of one thing: a person, a dish, a good part. Nothing else is needed.'],
      ['Ask', 'Drop any image. You get a verdict, how sure it is, and the photos that come nearest.'],
      ['Check', 'Run a folder of thousands, look at the unusual ones first, and teach it what you confirm.'],
    ] as readonly (readonly [string, string])[],
    demo: 'See it work with the demo',
    demoWhat: 'Draws a few hundred machine parts, fits a model on the good ones, and lets you try it. About a minute.',
    demoRunning: 'The demo is drawing its parts and fitting',
    own: 'Use my own photos',
    columns: {
      name: 'Model',
      photos: 'Photos',
      alpha: 'Good ones rejected',
      made: 'Made',
      size: 'Size',
      actions: 'Actions',
    },
    versions: (n: number) => (n === 1 ? '1 version' : `${n} versions`),
    gone: (label: string) => `The model “${label}” is not here: it was removed or renamed.`,
    others: (n: number) => (n === 1 ? '1 other version' : `${n} other versions`),
    version: (v: number) => `version ${v}`,
    classify: 'Classify',
    batch: 'Run a batch',
    open: 'Details',
    rename: 'Rename',
    renameTitle: (name: string) => `Rename “${name}”`,
    newName: 'New name',
    renamed: (name: string) => `It is called “${name}” now.`,
    export: 'Export',
    use: 'Use this version',
    used: (label: string) => `“${label}” is in use now.`,
    inUse: 'in use',
    remove: 'Remove',
    removeTitle: (label: string) => `Remove “${label}”?`,
    removeAll: 'All of its versions are removed. This cannot be undone.',
    removeOne: 'Other versions stay. This cannot be undone.',
    removed: (label: string) => `“${label}” was removed.`,
    nextVersion: 'Next version',
    drift: 'Drift',
    driftNone: 'What it sees is still like what it was taught.',
    driftAlarm: 'What it sees has changed since it was taught.',
    driftAll:
      'What is sent is not like what it was taught: other things are among it, or the camera or the light has changed. Where other things are sent anyway, that is as it should be.',
    driftOpen: (accepted: number) =>
      accepted === 0
        ? 'It has accepted none since its limit was set, so whether good images have changed cannot be told.'
        : `It has accepted only ${s(accepted, 'image')} since its limit was set: too few to tell whether good images have changed.`,
    driftDetail: (images: number, rejected: number, k: number) =>
      `${s(images, 'image')} seen, ${count(rejected)} of them rejected.${k < 2 ? '' : ` If nothing had changed, that would look like this in at most 1 case of ${count(k)}.`}`,
    promiseUnknown:
      'Go through a whole batch and say of every image whether it belongs: that shows whether the promise holds for the images of today.',
    promiseKept: (n: number, rejected: number, k: number, p: string) =>
      `Of ${count(n)} images that people call good it rejects ${count(rejected)}; at most 1 in ${k} was promised, and nothing speaks against it (p\u00a0=\u00a0${p}).`,
    promiseBroken: (n: number, rejected: number, k: number, p: string) =>
      `Of ${count(n)} images that people call good it rejects ${count(rejected)}; at most 1 in ${k} was promised, and their p-values do not spread as evenly as promised (p\u00a0=\u00a0${p}; chance alone brings that in at most 1 case of 20). If it is not chance, the images of today differ: teach it some of them.`,
    driftFresh: 'No image has been classified with this version yet.',
    facts: { backbone: 'Network', features: 'Features', hash: 'Content hash', seed: 'Seed', way: 'Looks at' },
    lightEven: 'images with their light evened out',
    twoSizes: (times: number) => `whole images at two sizes, the larger one ${times} times as closely`,
    placesAt: (detail: number) => (detail === 1 ? 'places' : `places, ${detail} times as closely`),
    onFeatures: 'none: fitted on feature rows',
    positives: 'What it was taught',
    positivesNone: 'This model came without pictures of its photos: it was imported, or made before they were kept.',
    misfits: 'Misfits',
    misfitsHelp:
      'Photos that do not look as if they belonged; of those named at most one in ten belongs, on average. Look at each, and leave out what does not belong.',
    duplicates: 'Near-duplicates',
    duplicatesHelp: 'They look the same, so they count as one piece of evidence. Nothing needs to be done.',
    alikeHelp: 'They look alike, no more than chance would have it, so each of them counts. Nothing needs to be done.',
    all: 'All',
    leaveOut: (n: number) => `Leave ${count(n)} out and fit again`,
    select: 'Leave out',
    selected: 'Left out',
    sameAs: (name: string) => `looks like ${name}`,
    rejected: 'Could not be used',
  },
}
