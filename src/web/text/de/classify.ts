/** Ein Bild und sein Urteil. */
import { count } from '../../format.ts'
import type { classify as Words } from '../en/classify.ts'
import { s } from '../plural.ts'

export const classify: typeof Words = {
  verdict: {
    belongs: 'Gehört dazu',
    differs: 'Gehört nicht dazu',
    unreadable: 'Unlesbar',
    unanswered: 'Keine Antwort',
  },
  classify: {
    title: 'Prüfen',
    lead: 'Gehört dieses Bild dazu?',
    help: 'Bis zu 50 Bilder auf einmal. Für mehr gibt es Stapel.',
    camera: 'Kamera verwenden',
    shoot: 'Foto machen',
    cameraRefused:
      'Die Kamera ist nicht verwendbar: sie wurde nicht erlaubt, oder es gibt keine. Erlauben Sie sie in der Adresszeile des Browsers, oder legen Sie ein Bild ab.',
    cameraTitle: 'Kamera',
    samples: 'Oder nehmen Sie eines von diesen, die das Modell nie gesehen hat',
    sampleGood: 'ein gutes Teil',
    sampleBad: 'etwas anderes',
    waiting: 'Wird angesehen …',
    waitsForWorker: 'Wartet auf einen Worker …',
    waitsForKey: 'Wartet auf einen API-Schlüssel …',
    waitsForService: 'Wartet auf den Dienst …',
    notTheImage: 'Das sagt nichts über das Bild: der Dienst konnte nicht fertig werden.',
    odd: (k, n, taught, isSplit) => {
      const of =
        n === taught
          ? `der ${count(n)} gelernten Fotos`
          : `von ${count(n)} Fotos (gelernt hat es ${count(taught)}; ${isSplit ? 'ein Viertel ist zurückgelegt und zählt hier' : 'von gleich aussehenden zählt hier eines'})`
      return k === 0
        ? `Keines ${of} sieht so ungewöhnlich aus.`
        : `${count(k)} ${of} ${k === 1 ? 'sieht' : 'sehen'} mindestens so ungewöhnlich aus.`
    },
    pValue: (p) => `p\u00a0=\u00a0${p}`,
    why: (k) => `Die Grenze liegt so, dass im Mittel höchstens 1 von ${k} guten Bildern abgewiesen wird.`,
    detectors: 'Was jeder Detektor sagt',
    forest: 'Isolation Forest',
    svm: 'Einklassen-SVM',
    patches: 'Stellen im Bild',
    discriminative: 'Bekanntes anderes',
    agree: {
      both: 'Beide Detektoren sagen, dass es dazugehört.',
      neither: 'Beide Detektoren sagen, dass es nicht dazugehört.',
      forest: 'Die Detektoren sind uneins: nur der Forest nähme es an.',
      svm: 'Die Detektoren sind uneins: nur die SVM nähme es an.',
      all: 'Alle Detektoren sagen, dass es dazugehört.',
      none: 'Kein Detektor sagt, dass es dazugehört.',
      mixed: 'Die Detektoren sind uneins; das Urteil fasst sie zusammen.',
    },
    typical: 'typisch',
    oddEnd: 'ungewöhnlich',
    nearest: 'Die ähnlichsten gelernten Fotos',
    similarity: (x) => `Ähnlichkeit ${x}`,
    where: 'Wo es ungewöhnlich aussieht',
    whereNone: 'Dieses Modell betrachtet nur ganze Bilder und kann nicht sagen, welcher Teil ungewöhnlich ist.',
    whereNowhere: 'Kein Teil ist markiert: nirgends ist es ungewöhnlicher, als gute Bilder es sind.',
    whereShow: 'Zeigen, wo es ungewöhnlich aussieht',
    whereHide: 'Farben ausblenden',
    heat: {
      usual: 'wie gewohnt',
      marked: 'markiert',
      far: 'weit darüber',
      places: (n) =>
        `Die Farbe sagt, wie unähnlich jede Stelle den guten Fotos ist. ${n === 1 ? 'Der Rahmen zeigt' : 'Rahmen zeigen'}, was markiert ist.`,
      promise: (k) => `Etwa 1 gutes Bild von ${count(k)} zeigt irgendeine Markierung.`,
    },
    allModels: 'Alle meine Modelle danach fragen',
    noneOf: (n) => `Keines der ${count(n)} Modelle hält es für das Seine.`,
    isOneOf: (names) => `Es könnte sein: ${names.join(', ')}.`,
    gone: (label, other) =>
      `Das Modell „${label}“ gibt es hier nicht: es wurde entfernt oder umbenannt, oder es ist von einem anderen Dienst. Was Sie sehen, sagt ${other}.`,
    onMap: 'Karte des Gelernten',
    results: 'Ergebnisse',
    tally: (b, d, u) =>
      [
        `${count(b)} ${b === 1 ? 'gehört' : 'gehören'} dazu`,
        `${count(d)} nicht`,
        ...(u > 0 ? [`${count(u)} nicht lesbar`] : []),
      ].join(', '),
    clear: 'Leeren',
    tooMany: (most) => `Nur die ersten ${most} wurden genommen: für mehr gibt es Stapel.`,
    imageOf: (name) => `Bild ${name}`,
  },
  live: {
    title: 'Laufende Kamera',
    start: 'Mit der Kamera zusehen',
    pace: (rate, delay, p) => `${rate} Urteile in der Sekunde, ${count(delay)} ms später, p\u00a0=\u00a0${p}`,
    rejects: 'Die letzten, die nicht dazugehören',
    reject: (i) => `Nummer ${i}, das neueste zuerst`,
    hold: 'Halten, um Fotos zu behalten',
    kept: (n) => `${s(n, 'Foto', 'Fotos')} behalten`,
    teach: 'Ein Modell daraus machen',
    large: 'Groß, für eine Linie',
    small: 'Zurück zur normalen Größe',
    stop: 'Kamera ausschalten',
    stale: 'Gerade kein Urteil',
    noPicture:
      'Die Kamera gibt kein neues Bild: sie wurde abgezogen, oder etwas anderes benutzt sie. Es geht von selbst weiter, wenn sie wieder da ist.',
    help: (n) =>
      `Jede Sache, die im Bild bleibt, zählt einmal. Das Modell kennt ${s(n, 'Foto', 'Fotos')}; Licht und Hintergrund, die diese nicht zeigen, lassen Gutes fremd aussehen.`,
  },
}
