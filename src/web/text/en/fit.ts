/** A new model, and what a fit says of itself. */
import { count } from '../../format.ts'
import { s } from '../plural.ts'

export const fit = {
  fit: {
    title: 'New model',
    nextTitle: (name: string) => `Next version of “${name}”`,
    lead: 'Photos of one thing, as you will meet it later: other days, other light, other angles. About 200 is good; 20 will run.',
    nextLead: 'New photos are added to those that the last version was taught.',
    network: 'What the photos show',
    networkGeneral: 'Any thing: a product, a part, a dish, an animal',
    networkGeneralHelp: 'Looks at the whole photo.',
    networkFace: 'One person’s face',
    networkFaceHelp:
      'Looks at the face only, not at clothes or the room. Photos without a face, or with several, are left out.',
    networkFaceMissing:
      'The service has no face network: install it with “npm install @vladmandic/face-api” and start again.',
    facesFound: (k: number, n: number) =>
      `${count(k)} of the ${count(n)} photos that were looked at show one face. If the model shall know this person, choose the face: clothes and rooms then do not count.`,
    facesMissing: (k: number, n: number) =>
      `Only ${count(k)} of the ${count(n)} photos that were looked at show one face. The others would be left out.`,
    useFace: 'Look at the face',
    useGeneral: 'Look at the whole photo',
    otherNetworks: 'Other networks',
    networkFile:
      'If it tells too little apart, try another network: “oneclass backbones list”, then “oneclass fit --from-model NAME --backbone ID” on the command line.',
    negatives: 'Images that do not belong, if you have some',
    negativesHelp:
      'Not needed. With some, such as parts with defects, it learns what to look for. What it promises about good images stays the same.',
    negativesFolder: 'A folder of images that do not belong',
    chosenOthers: (n: number, size: string) => `${s(n, 'image')} that ${n === 1 ? 'does' : 'do'} not belong, ${size}`,
    detail: 'How closely it looks',
    details: { auto: 'Automatic', 1: 'Normal', 2: 'Closer', 3: 'Closest' },
    detailHelp: {
      auto: 'Tries a closer look and keeps it where it finds more. Making the model takes longer for that.',
      1: 'The fastest. Small defects may be missed.',
      2: 'At twice the size: finds smaller defects, and takes about four times as long.',
      3: 'At three times the size: finds the smallest defects, and takes about nine times as long.',
    },
    name: 'Name',
    nameHint: 'Letters, digits, “.”, “_” and “-”.',
    nameWrong: '1 to 64 letters, digits, “.”, “_” or “-”, beginning with a letter or digit.',
    nameTaken: (name: string, v: number) => `“${name}” exists: this becomes its version ${v}.`,
    fit: 'Make the model',
    needs: (hasPhotos: boolean, hasName: boolean) =>
      `Still needed: ${[...(hasPhotos ? [] : ['photos']), ...(hasName ? [] : ['a name'])].join(' and ') || 'a name of letters and digits'}.`,
    clear: 'Start over',
    removeImage: (name: string) => `Leave out ${name}`,
    few: (n: number) => `${count(n)} photos are few: with some 200 it knows better what is normal.`,
    tooFew: (n: number, least: number) => `${count(n)} of at least ${least} photos.`,
    chosen: (n: number, size: string) => `${s(n, 'photo')}, ${size}`,
    serverFolder: 'A folder on the server',
    serverFolderHint: 'A path below a folder that the service was started with (--root).',
    thisDevice: 'This device',
    source: 'Where the photos are',
    uploading: 'Sending the photos',
    stages: {
      queued: 'Waiting for a worker',
      images: 'Looking at the photos',
      fitting: 'Learning what is normal',
      done: 'Done',
    } as Record<string, string>,
    underWay: 'Being made',
    notMade: (name: string, why: string) => `“${name}” could not be made. ${why}`,
    doneTitle: (label: string) => `“${label}” is ready`,
    leftOut: (n: number, folders: readonly string[]) =>
      `${s(n, 'image')} in ${folders.map((name) => `“${name}”`).join(', ')} ${n === 1 ? 'was' : 'were'} left out: by the name, they do not belong or are for a test.`,
    back: 'Back to the photos',
    doneUsed: (n: number) => `It was taught with ${s(n, 'photo')}.`,
    rejected: (n: number) => `${s(n, 'file')} could not be used`,
    duplicates: (n: number) => `${s(n, 'group')} of photos that look the same`,
    try: 'Try it',
    see: 'See what it was taught',
    another: 'Make another',
  },
  report: {
    title: 'What this model promises',
    photos: 'Photos',
    alone: (n: number) => `${count(n)}, no two of them nearly the same`,
    groups: (n: number, groups: number, worth: number) =>
      worth >= n
        ? `${count(n)}, each of which counts; ${s(groups, 'group')} of them look alike`
        : `${count(n)}, worth ${count(worth)}: ${s(groups, 'group')} of them look nearly the same`,
    rejected: 'Good images rejected',
    promise: (mean: string, low: string, high: string) =>
      `${mean} on average; between ${low} and ${high}, in 9 cases of 10`,
    rejectsNothing: 'none, and nothing else either: there are too few photos for this setting',
    smallest: 'Fewest that it can promise',
    confidence: 'Asked for',
    confident: (confidence: string, alpha: string) =>
      `at most ${alpha} of good images rejected, with ${confidence} confidence`,
    power: 'Other things rejected',
    powerOf: (share: string, images: number) =>
      `${share} of ${count(images)} drawn images that show nothing of the kind`,
    powerNone: 'not tried',
    given: 'Your images of other things',
    givenOf: (share: string, images: number) =>
      `${share} of ${count(images)} rejected, each by a model that had not seen it`,
    smallDefects: 'Small defects',
    smallDefectsMissed: (area: string) =>
      `hardly told from good photos (area ${area}, where 1 finds all and 0.5 is chance), as is usual for photos of things that move about, such as food or people. On parts or surfaces small defects would be missed.`,
    few: (n: number) => `${count(n)} photos make a rough model; some 200 make a good one.`,
    copies: (n: number, worth: number) =>
      `${count(n)} photos, many of them nearly the same, are worth ${count(worth)}. Copies teach nothing: take other photos.`,
    onBothSides: (k: number, n: number) =>
      `${count(k)} of the ${s(n, 'image')} that do not belong ${k === 1 ? 'is' : 'are'} among the photos of the thing as well: nothing tells them apart. Take out one of the two.`,
    kinds: (size: number, n: number, examples: string) =>
      `The photos fall into two kinds that look very different: ${count(size)} of ${count(n)} ${size === 1 ? 'is' : 'are'} like ${examples}. If both belong, all is well; if not, leave one kind out.`,
    older: 'This model was made by an earlier version of oneclass: fit it again to see misfits and copies.',
    noMisfits: 'No photo stands out: all look as if they belonged.',
    fewForMisfits: (least: number) => `Photos that do not belong are looked for among ${count(least)} or more.`,
    misfits: (k: number, n: number) =>
      `${count(k)} of ${count(n)} photos ${k === 1 ? 'does not look as if it' : 'do not look as if they'} belonged`,
    reason: (times: string, nearest: string, similarity: string) =>
      `${times} times as far out as nine in ten of the photos. Most like it: ${nearest} (${similarity} alike).`,
    more: (n: number) => `and ${count(n)} more, under “Misfits” below`,
  },
}
