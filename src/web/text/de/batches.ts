/** Stapel und ihre Durchsicht. */
import { count, decimal, pValue } from '../../format.ts'
import type { batches as Words } from '../en/batches.ts'
import { s } from '../plural.ts'

const images = (n: number): string => s(n, 'Bild', 'Bilder')

export const batches: typeof Words = {
  batches: {
    title: 'Stapel',
    lead: 'Tausende Bilder bewerten, dann die ungewöhnlichen zuerst ansehen.',
    new: 'Neuer Stapel',
    none: 'Noch kein Stapel. Legen Sie oben einen Ordner ab.',
    recent: 'Zuletzt',
    run: 'Starten',
    uploadedName: 'Hochgeladene Bilder',
    sending: 'Die Bilder werden gesendet',
    state: { queued: 'Wartet', running: 'Läuft', done: 'Fertig', failed: 'Gescheitert', cancelled: 'Abgebrochen' },
    progress: (done, total) => `${count(done)} von ${count(total)}`,
    rate: (perSecond) => `${decimal(perSecond, perSecond < 10 ? 1 : 0)} Bilder/s`,
    left: (time) => `noch etwa ${time}`,
    took: (time) => `dauerte ${time}`,
    cancel: 'Stapel anhalten',
    sort: 'Reihenfolge',
    sorts: {
      odd: 'Höchster Wert',
      typical: 'Kleinster Wert',
      arrival: 'Wie sie kamen',
      name: 'Nach Namen',
    },
    newOnes: (n) => `${s(n, 'neues Ergebnis', 'neue Ergebnisse')} einordnen`,
    filter: 'Zeigen',
    filters: {
      all: 'Alle',
      belongs: 'Gehört dazu',
      differs: 'Gehört nicht dazu',
      unreadable: 'Unlesbar',
      unanswered: 'Keine Antwort',
    },
    reviewFilter: 'Durchgesehen als',
    reviewFilters: {
      any: 'Durchsicht: alle',
      unreviewed: 'Noch nicht durchgesehen',
      belongs: 'Durchgesehen: gehört dazu',
      differs: 'Durchgesehen: gehört nicht dazu',
      unsure: 'Durchgesehen: nicht zu sagen',
      disagree: 'Mensch und Modell uneins',
    },
    also: 'Auch andere Modelle fragen',
    modelGone: (label) =>
      `Das Modell „${label}“ gibt es hier nicht: es wurde entfernt oder umbenannt. Wählen Sie unten ein anderes.`,
    alsoHelp: 'Jedes Bild wird einmal gelesen. Die Ergebnisse sagen dann, welches der Modelle es sein könnte.',
    label: 'Welches Modell es annimmt',
    anyLabel: 'Alle Modelle',
    isLabel: (label) => `Könnte ${label} sein`,
    noLabel: 'Keines der Modelle',
    marks: 'Markierungen',
    size: 'Größe der Bilder',
    ofMap: (n) =>
      `Nur ${n === 1 ? 'das Bild, das' : `die ${count(n)} Bilder, die`} auf der Karte gewählt ${n === 1 ? 'wurde' : 'wurden'}.`,
    showAll: 'Alle zeigen',
    search: 'Name suchen',
    histogram: 'Wie ungewöhnlich',
    histogramHelp: (batch, positives) =>
      positives > 0
        ? `Balken: dieser Stapel, ${images(batch)}. Linie: die ${count(positives)} gelernten Fotos, jeweils zurückgehalten.`
        : `Balken: dieser Stapel, ${images(batch)}.`,
    charts: 'Wie ungewöhnlich, wie streng',
    decision: 'Grenze',
    review: 'Durchsicht',
    ask: 'Gehört es dazu? Was Sie sagen, wird gemerkt, gleich was das Modell sagt.',
    truths: { belongs: 'Gehört dazu', differs: 'Gehört nicht dazu', unsure: 'Nicht zu sagen' },
    said: (by, when) => `Gesagt ${by === '' ? '' : `von ${by} `}${when}.`,
    yourName: 'Ihr Name, wird mit Ihrem Urteil gemerkt',
    start: 'Wählen Sie ein Bild, um es durchzusehen.',
    keys: 'Tasten: B gehört dazu, D gehört nicht dazu, C nicht zu sagen, U nimmt die letzte Antwort zurück, Pfeile gehen weiter, Enter vergrößert. Umschalt oder Strg mit einem Klick wählt mehrere.',
    hold: 'Ein Bild lange drücken, um mehrere zu wählen: dann die anderen antippen.',
    several: (n) => `${images(n)} gewählt`,
    ofSeveral: 'Gehören sie dazu? Eine Antwort gilt für alle, und U nimmt sie von allen zurück.',
    score: (score) => `Wert ${score}`,
    unsent: (n) => `${s(n, 'Antwort', 'Antworten')} noch nicht gesendet: wird wieder versucht`,
    overruled: (n) =>
      `Jemand anderes hat von ${n === 1 ? 'einem Bild, das' : `${count(n)} Bildern, die`} Sie durchgesehen haben, anderes gesagt. Was zuletzt gesagt wurde, gilt.`,
    discoveries: (rejected, good) =>
      good >= rejected
        ? `${rejected === 1 ? 'Das eine, das nicht dazugehört, kann ein gutes Bild' : `Die ${count(rejected)}, die nicht dazugehören, können alle gute Bilder`} sein: so viele werden zufällig abgewiesen`
        : `Von den ${count(rejected)}, die nicht dazugehören, sind im Mittel höchstens ${decimal(good, good < 10 ? 1 : 0)} gute Bilder`,
    reviewed: (n, total) => `${count(n)} von ${count(total)} durchgesehen`,
    reviewQuality: (agreed, disagreed) => `das Modell stimmt ${count(agreed)}-mal zu und ${count(disagreed)}-mal nicht`,
    share: 'Link zu dieser Ansicht kopieren',
    summary: {
      open: 'Zusammenfassung auf einer Seite',
      back: 'Zurück zum Stapel',
      print: 'Drucken oder als PDF sichern',
      made: 'Bewertet',
      images: 'Bilder',
      worth: 'Was das wert ist',
      first: (n) => `Die ${count(n)} mit den höchsten Werten`,
    },
    export: 'Exportieren',
    exportCsv: 'CSV, mit der Durchsicht',
    exportJsonl: 'JSON-Zeilen, mit der Durchsicht',
    confirm: (n) =>
      n === 0
        ? 'Die Durchsicht beibringen'
        : `Ihm ${n === 1 ? 'das gute Bild' : `die ${count(n)} guten Bilder`} beibringen`,
    confirmHelp:
      'Bilder, von denen Sie sagen, dass sie dazugehören, werden Fotos der nächsten Version; die anderen prüfen sie oder werden auch gelernt.',
    confirmTitle: 'Die nächste Version anlegen',
    becomePositives: (n) =>
      `${images(n)} ${n === 1 ? 'wird' : 'werden'} als zugehörig gelernt. Ohne Haken bleibt eines weg.`,
    becomeChecks: (n) =>
      n === 1
        ? '1 Bild, das nicht dazugehört, prüft die neue Version. Ohne Haken bleibt es weg.'
        : `${count(n)} Bilder, die nicht dazugehören, prüfen die neue Version. Ohne Haken bleibt eines weg.`,
    becomeNegatives: (n) =>
      `${images(n)}, ${n === 1 ? 'das' : 'die'} nicht ${n === 1 ? 'dazugehört, wird' : 'dazugehören, werden'} als solche gelernt. Ohne Haken bleibt eines weg.`,
    take: 'Dieses Bild nehmen',
    teachBad: 'Ihm auch diese beibringen, als Bilder, die nicht dazugehören.',
    teachBadHelp:
      'Es lernt, worauf es achten muss. Die neue Version können sie dann nicht mehr prüfen: prüfen Sie sie mit anderen.',
    makeVersion: (version, n, others) =>
      n === 0 && others > 0
        ? `Version ${version} mit ${images(others)}${others === 1 ? ', das nicht dazugehört,' : 'n, die nicht dazugehören,'} anlegen`
        : `Version ${version} mit ${s(n, 'weiteren Foto', 'weiteren Fotos')}${others === 0 ? '' : ` und ${s(others, 'anderen', 'anderen')}`} anlegen`,
    making: 'Die nächste Version wird angelegt. Sie können hier so lange weitermachen.',
    again: (n, version) =>
      `${n === 1 ? 'Das Bild' : `Die ${count(n)} Bilder`} noch einmal prüfen, mit Version ${version}`,
    notMade: 'Die nächste Version ließ sich nicht anlegen.',
    showNext: 'Zeigen',
    checking: (before, after) => `Version ${after} wird mit Version ${before} verglichen …`,
    outcome: ({ good, bad }, before, after, isTaught) => {
      const fewer = good.before - good.after
      const more = bad.after - bad.before
      const rejects =
        fewer === 0
          ? `Version ${after} weist von den ${count(good.of)} guten Bildern so viele ab wie Version ${before} (jetzt ${count(good.after)})`
          : `Version ${after} weist von den ${count(good.of)} guten Bildern ${count(Math.abs(fewer))} ${fewer > 0 ? 'weniger' : 'mehr'} ab als Version ${before} (jetzt ${count(good.after)})`
      const p = Math.min(good.p, bad.of === 0 ? 1 : bad.p)
      const isSame = fewer === 0 && more === 0
      const chance = isSame
        ? ''
        : ` Bild für Bild ist das ${p <= 0.05 ? 'mehr als Zufall' : 'vielleicht Zufall'} (p\u00a0=\u00a0${pValue(p)}).`
      if (bad.of === 0)
        return `${rejects}.${chance} Ob sie mehr übersieht, lässt sich nicht sagen: ${isTaught ? 'die Bilder, die nicht dazugehören, hat sie gelernt. Prüfen Sie sie mit anderen' : 'kein Bild, das nicht dazugehört, wurde durchgesehen'}.`
      const misses =
        more === 0 ? 'übersieht nicht mehr' : `übersieht ${count(Math.abs(more))} ${more > 0 ? 'mehr' : 'weniger'}`
      const most =
        bad.after > bad.of / 2
          ? ' Die meisten von ihnen hält sie also noch für gut. Bringen Sie ihr beim nächsten Mal auch diese bei, oder mehr Fotos, die dazugehören.'
          : ''
      return `${rejects}, und sie ${misses} von den ${count(bad.of)}, die nicht dazugehören (jetzt ${count(bad.after)}).${chance}${most}`
    },
    confirmGone:
      'Die Dateien sind nicht mehr in dieser Seite, da sie neu geladen wurde. Wählen Sie dieselben Dateien noch einmal.',
    wholeGone:
      'Das Bild selbst ist nicht mehr in dieser Seite, da sie neu geladen wurde: nur sein kleines Bild wurde behalten. Wo es ungewöhnlich aussieht, kann darum nicht gezeigt werden.',
    confirmSome: (n) =>
      n === 1
        ? 'Zu einem dieser Bilder fehlt dieser Seite noch die Datei. Wählen Sie auch sie, oder nehmen Sie sein Häkchen weg.'
        : `Zu ${count(n)} dieser Bilder fehlen dieser Seite noch die Dateien. Wählen Sie auch sie, oder nehmen Sie ihre Häkchen weg.`,
    confirmMissed:
      'Keine dieser Dateien ist aus diesem Stapel: gefunden werden sie an ihren Namen. Wählen Sie die, die gesendet wurden.',
    grid: 'Ergebnisse, ein Bild je Zelle',
    cellLabel: (verdict, name, score, truth) =>
      `${verdict}: ${name}${score === '' ? '' : `, Wert ${score}`}${truth === null ? '' : `, durchgesehen: ${truth}`}`,
    empty: 'Kein Bild passt.',
    previous: 'Zurück',
    next: 'Weiter',
    errorsOf: (n) => `${count(n)} nicht lesbar`,
    model: (label) => `von ${label}`,
    gone: 'Diesen Stapel gibt es nicht mehr: Ergebnisse werden einen Tag lang aufbewahrt.',
  },
}
