/** Ein neues Modell, und was eine Anpassung über sich sagt. */
import { count } from '../../format.ts'
import type { fit as Words } from '../en/fit.ts'
import { s } from '../plural.ts'

const photos = (n: number): string => s(n, 'Foto', 'Fotos')

export const fit: typeof Words = {
  fit: {
    title: 'Neues Modell',
    nextTitle: (name) => `Nächste Version von „${name}“`,
    lead: 'Fotos von einer Sache, so wie Sie ihr später begegnen: andere Tage, anderes Licht, andere Blickwinkel. Etwa 200 sind gut; ab 20 geht es.',
    nextLead: 'Neue Fotos kommen zu denen hinzu, die die letzte Version gelernt hat.',
    network: 'Was die Fotos zeigen',
    networkGeneral: 'Eine Sache: ein Produkt, ein Teil, ein Gericht, ein Tier',
    networkGeneralHelp: 'Betrachtet das ganze Foto.',
    networkFace: 'Das Gesicht einer Person',
    networkFaceHelp:
      'Betrachtet nur das Gesicht, nicht Kleidung oder Raum. Fotos ohne Gesicht oder mit mehreren werden weggelassen.',
    networkFaceMissing:
      'Der Dienst hat kein Netz für Gesichter: installieren Sie es mit „npm install @vladmandic/face-api“, und starten Sie neu.',
    facesFound: (k, n) =>
      `${count(k)} von ${count(n)} Fotos, die angesehen wurden, zeigen ein einzelnes Gesicht. Soll das Modell diese Person kennen, wählen Sie das Gesicht: Kleidung und Räume zählen dann nicht.`,
    facesMissing: (k, n) =>
      `Nur ${count(k)} von ${count(n)} Fotos, die angesehen wurden, zeigen ein einzelnes Gesicht. Die anderen würden weggelassen.`,
    useFace: 'Das Gesicht betrachten',
    useGeneral: 'Das ganze Foto betrachten',
    otherNetworks: 'Andere Netze',
    networkFile:
      'Wenn es zu wenig unterscheidet, versuchen Sie ein anderes Netz: „oneclass backbones list“, dann „oneclass fit --from-model NAME --backbone ID“ auf der Kommandozeile.',
    negatives: 'Bilder, die nicht dazugehören, falls Sie welche haben',
    negativesHelp:
      'Nicht nötig. Mit einigen, etwa Teilen mit Fehlern, lernt es, worauf es ankommt. Was es über gute Bilder verspricht, bleibt gleich.',
    negativesFolder: 'Ein Ordner mit Bildern, die nicht dazugehören',
    chosenOthers: (n, size) =>
      n === 1 ? `1 Bild, das nicht dazugehört, ${size}` : `${count(n)} Bilder, die nicht dazugehören, ${size}`,
    detail: 'Wie genau es hinsieht',
    details: { auto: 'Von selbst', 1: 'Normal', 2: 'Genauer', 3: 'Sehr genau' },
    detailHelp: {
      auto: 'Versucht es genauer und bleibt dabei, wo es mehr findet. Das Anlegen dauert dafür länger.',
      1: 'Am schnellsten. Kleine Fehler können übersehen werden.',
      2: 'In doppelter Größe: findet kleinere Fehler und braucht etwa viermal so lange.',
      3: 'In dreifacher Größe: findet die kleinsten Fehler und braucht etwa neunmal so lange.',
    },
    name: 'Name',
    nameHint: 'Buchstaben, Ziffern, „.“, „_“ und „-“.',
    nameWrong: '1 bis 64 Buchstaben, Ziffern, „.“, „_“ oder „-“, am Anfang ein Buchstabe oder eine Ziffer.',
    nameTaken: (name, v) => `„${name}“ gibt es schon: dies wird seine Version ${v}.`,
    fit: 'Modell anlegen',
    needs: (hasPhotos, hasName) =>
      `Noch nötig: ${[...(hasPhotos ? [] : ['Fotos']), ...(hasName ? [] : ['ein Name'])].join(' und ') || 'ein Name aus Buchstaben und Ziffern'}.`,
    clear: 'Von vorn beginnen',
    removeImage: (name) => `${name} weglassen`,
    few: (n) => `${photos(n)} sind wenig: mit etwa 200 weiß es besser, was normal ist.`,
    tooFew: (n, least) => `${count(n)} von mindestens ${least} Fotos.`,
    chosen: (n, size) => `${photos(n)}, ${size}`,
    serverFolder: 'Ein Ordner auf dem Server',
    serverFolderHint: 'Ein Pfad unter einem Ordner, mit dem der Dienst gestartet wurde (--root).',
    thisDevice: 'Dieses Gerät',
    source: 'Wo die Fotos sind',
    uploading: 'Die Fotos werden gesendet',
    stages: {
      queued: 'Wartet auf einen Worker',
      images: 'Sieht sich die Fotos an',
      fitting: 'Lernt, was normal ist',
      done: 'Fertig',
    },
    underWay: 'Entsteht gerade',
    notMade: (name, why) => `„${name}“ ist nicht entstanden. ${why}`,
    doneTitle: (label) => `„${label}“ ist fertig`,
    leftOut: (n, folders) =>
      `${s(n, 'Bild', 'Bilder')} in ${folders.map((name) => `„${name}“`).join(', ')} ${n === 1 ? 'wurde' : 'wurden'} ausgelassen: dem Namen nach gehören sie nicht dazu oder sind für eine Prüfung.`,
    back: 'Zurück zu den Fotos',
    doneUsed: (n) => `Es hat aus ${s(n, 'Foto', 'Fotos')} gelernt.`,
    rejected: (n) => (n === 1 ? '1 Datei war nicht verwendbar' : `${count(n)} Dateien waren nicht verwendbar`),
    duplicates: (n) => `${s(n, 'Gruppe', 'Gruppen')} von Fotos, die gleich aussehen`,
    try: 'Ausprobieren',
    see: 'Ansehen, was es gelernt hat',
    another: 'Noch eines anlegen',
  },
  report: {
    title: 'Was dieses Modell verspricht',
    photos: 'Fotos',
    alone: (n) => `${count(n)}, keine zwei davon beinahe gleich`,
    groups: (n, groups, worth) =>
      worth >= n
        ? `${count(n)}, und jedes zählt; ${s(groups, 'Gruppe', 'Gruppen')} davon sehen sich ähnlich`
        : `${count(n)}, so viel wert wie ${count(worth)}: ${s(groups, 'Gruppe', 'Gruppen')} davon beinahe gleich`,
    rejected: 'Abgewiesene gute Bilder',
    promise: (mean, low, high) => `${mean} im Mittel; zwischen ${low} und ${high}, in 9 von 10 Fällen`,
    rejectsNothing: 'keine, und auch sonst nichts: für diese Einstellung sind es zu wenige Fotos',
    smallest: 'Weniger kann es nicht versprechen',
    confidence: 'Verlangt',
    confident: (confidence, alpha) => `höchstens ${alpha} der guten Bilder abgewiesen, mit ${confidence} Sicherheit`,
    power: 'Abgewiesenes anderes',
    powerOf: (share, images) => `${share} von ${count(images)} gezeichneten Bildern, die nichts davon zeigen`,
    powerNone: 'nicht versucht',
    given: 'Ihre Bilder von anderem',
    givenOf: (share, images) => `${share} von ${count(images)} abgewiesen, jedes von einem Modell, das es nicht kannte`,
    smallDefects: 'Kleine Fehler',
    smallDefectsMissed: (area) =>
      `kaum von guten Fotos zu unterscheiden (Fläche ${area}; 1 findet alle, 0,5 ist Zufall), wie üblich bei Fotos von Dingen, die sich bewegen, etwa Essen oder Menschen. Auf Teilen oder Oberflächen würden kleine Fehler übersehen.`,
    few: (n) => `${photos(n)} ergeben ein grobes Modell; etwa 200 ein gutes.`,
    copies: (n, worth) =>
      `${photos(n)}, viele davon beinahe gleich, sind so viel wert wie ${count(worth)}. Kopien lehren nichts: machen Sie andere Fotos.`,
    onBothSides: (k, n) =>
      `${count(k)} von ${s(n, 'Bild', 'Bildern')}, die nicht dazugehören, ${k === 1 ? 'steht' : 'stehen'} auch unter den Fotos der Sache: Nichts unterscheidet sie. Nehmen Sie eines von beiden heraus.`,
    kinds: (size, n, examples) =>
      `Die Fotos zerfallen in zwei Arten, die sehr verschieden aussehen: ${count(size)} von ${count(n)} ${size === 1 ? 'ist' : 'sind'} wie ${examples}. Gehören beide dazu, ist alles gut; wenn nicht, lassen Sie eine Art weg.`,
    older:
      'Dieses Modell stammt von einer früheren Version von oneclass: passen Sie es neu an, um Ausreißer und Kopien zu sehen.',
    noMisfits: 'Kein Foto fällt heraus: alle sehen aus, als gehörten sie dazu.',
    fewForMisfits: (least) => `Nach Fotos, die nicht dazugehören, wird ab ${count(least)} Fotos gesucht.`,
    misfits: (k, n) =>
      `${count(k)} von ${count(n)} Fotos ${k === 1 ? 'sieht nicht aus, als gehörte es' : 'sehen nicht aus, als gehörten sie'} dazu`,
    reason: (times, nearest, similarity) =>
      `Liegt ${times}-mal so weit außen wie neun von zehn Fotos. Am ähnlichsten: ${nearest} (zu ${similarity} gleich).`,
    more: (n) => `und ${count(n)} weitere, unten unter „Ausreißer“`,
  },
}
