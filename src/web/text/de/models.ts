/** Modelle, und wie streng sie sind. */
import { count, decimal } from '../../format.ts'
import type { models as Words } from '../en/models.ts'
import { s } from '../plural.ts'

export const models: typeof Words = {
  alpha: {
    label: 'Wie streng',
    words: (k) => `weist im Mittel höchstens 1 von ${k} guten Bildern ab`,
    expected: (promise) => `Erwartet: ${promise}.`,
    least: (n) => `Mehr geben ${count(n)} Fotos nicht her: mit mehr Fotos könnte es weniger gute Bilder abweisen.`,
    short: (k) => `1 von ${k}`,
    most: (k) => `im Mittel höchstens 1 von ${k}`,
    nothing: 'keine, und auch sonst nichts',
    value: (alpha) => `alpha ${decimal(Number(alpha.toPrecision(3)))}`,
    fitHelp:
      'Von Bildern, die dazugehören, wird im Mittel kein größerer Anteil abgewiesen. Das lässt sich später ändern, ohne neu anzupassen.',
    lenient: 'lässt mehr durch',
    strict: 'weist mehr ab',
    reset: (k) => `Zurück zu 1 von ${k}`,
    keep: 'Für das Modell merken',
    kept: 'Das Modell entscheidet ab jetzt so.',
    raised: (own, k) =>
      `Das Modell steht auf 1 von ${own}; damit können seine Fotos nichts unterscheiden, und alles würde „dazugehören“. Gezeigt wird 1 von ${k}.`,
  },
  models: {
    title: 'Modelle',
    lead: 'Jedes Modell kennt eine Sache, nur aus Fotos von ihr.',
    new: 'Neues Modell',
    import: 'Modell importieren',
    importName: 'Name für das importierte Modell',
    imported: (name) => `„${name}“ wurde importiert.`,
    emptyTitle: 'Bringen Sie ihm eine Sache bei',
    emptySteps: [
      [
        'Zeigen',
        'Legen Sie etwa 200 Fotos von einer Sache ab: eine Person, ein Gericht, ein gutes Teil. Mehr braucht es nicht.',
      ],
      ['Fragen', 'Legen Sie ein Bild ab. Sie erhalten ein Urteil, wie sicher es ist, und die ähnlichsten Fotos.'],
      [
        'Prüfen',
        'Lassen Sie einen Ordner mit Tausenden laufen, sehen Sie die ungewöhnlichen zuerst, und bringen Sie ihm bei, was Sie bestätigen.',
      ],
    ],
    demo: 'Mit der Demo ansehen',
    demoWhat:
      'Zeichnet einige Hundert Maschinenteile, passt ein Modell an die guten an und lässt Sie es ausprobieren. Etwa eine Minute.',
    demoRunning: 'Die Demo zeichnet ihre Teile und passt das Modell an',
    own: 'Eigene Fotos verwenden',
    columns: {
      name: 'Modell',
      photos: 'Fotos',
      alpha: 'Gute abgewiesen',
      made: 'Angelegt',
      size: 'Größe',
      actions: 'Aktionen',
    },
    versions: (n) => (n === 1 ? '1 Version' : `${n} Versionen`),
    gone: (label) => `Das Modell „${label}“ gibt es hier nicht: es wurde entfernt oder umbenannt.`,
    others: (n) => (n === 1 ? '1 andere Version' : `${n} andere Versionen`),
    version: (v) => `Version ${v}`,
    classify: 'Prüfen',
    batch: 'Stapel prüfen',
    open: 'Einzelheiten',
    rename: 'Umbenennen',
    renameTitle: (name) => `„${name}“ umbenennen`,
    newName: 'Neuer Name',
    renamed: (name) => `Es heißt jetzt „${name}“.`,
    export: 'Exportieren',
    use: 'Diese Version verwenden',
    used: (label) => `„${label}“ ist jetzt in Gebrauch.`,
    inUse: 'in Gebrauch',
    remove: 'Entfernen',
    removeTitle: (label) => `„${label}“ entfernen?`,
    removeAll: 'Alle Versionen werden entfernt. Das lässt sich nicht rückgängig machen.',
    removeOne: 'Andere Versionen bleiben. Das lässt sich nicht rückgängig machen.',
    removed: (label) => `„${label}“ wurde entfernt.`,
    nextVersion: 'Nächste Version',
    drift: 'Drift',
    driftNone: 'Was es sieht, gleicht noch dem, was es gelernt hat.',
    driftAlarm: 'Was es sieht, hat sich seit dem Lernen verändert.',
    driftAll:
      'Was geschickt wird, gleicht nicht dem, was es gelernt hat: es ist anderes darunter, oder Kamera oder Licht haben sich verändert. Wo ohnehin anderes geschickt wird, muss das so sein.',
    driftOpen: (accepted) =>
      accepted === 0
        ? 'Es hat kein Bild angenommen, seit seine Grenze gesetzt wurde: ob sich gute Bilder verändert haben, lässt sich nicht sagen.'
        : `Es hat erst ${s(accepted, 'Bild', 'Bilder')} angenommen, seit seine Grenze gesetzt wurde: zu wenige, um zu sagen, ob sich gute Bilder verändert haben.`,
    driftDetail: (images, rejected, k) =>
      `${s(images, 'Bild', 'Bilder')} gesehen, davon ${count(rejected)} abgewiesen.${k < 2 ? '' : ` Hätte sich nichts geändert, sähe das in höchstens 1 von ${count(k)} Fällen so aus.`}`,
    promiseUnknown:
      'Gehen Sie einen ganzen Stapel durch und sagen Sie von jedem Bild, ob es dazugehört: das zeigt, ob das Versprechen für die Bilder von heute gilt.',
    promiseKept: (n, rejected, k, p) =>
      `Von ${count(n)} Bildern, die für gut erklärt wurden, weist es ${count(rejected)} ab; versprochen war höchstens 1 von ${k}, und nichts spricht dagegen (p\u00a0=\u00a0${p}).`,
    promiseBroken: (n, rejected, k, p) =>
      `Von ${count(n)} Bildern, die für gut erklärt wurden, weist es ${count(rejected)} ab; versprochen war höchstens 1 von ${k}, und ihre p-Werte verteilen sich nicht so gleichmäßig wie versprochen (p\u00a0=\u00a0${p}; durch Zufall allein in höchstens 1 von 20 Fällen). Ist es kein Zufall, sind die Bilder von heute anders: zeigen Sie ihm einige davon.`,
    driftFresh: 'Mit dieser Version wurde noch kein Bild geprüft.',
    facts: { backbone: 'Netz', features: 'Merkmale', hash: 'Prüfsumme', seed: 'Startwert', way: 'Betrachtet' },
    lightEven: 'Bilder mit ausgeglichenem Licht',
    twoSizes: (times) => `ganze Bilder in zwei Größen, die größere ${times}-mal so genau`,
    placesAt: (detail) => (detail === 1 ? 'einzelne Stellen' : `einzelne Stellen, ${detail}-mal so genau`),
    onFeatures: 'keines: an Merkmalszeilen angepasst',
    positives: 'Was es gelernt hat',
    positivesNone: 'Zu diesem Modell gibt es keine Bilder seiner Fotos: es wurde importiert oder ist von früher.',
    misfits: 'Ausreißer',
    misfitsHelp:
      'Fotos, die nicht aussehen, als gehörten sie dazu; von den genannten gehört im Mittel höchstens eines von zehn dazu. Sehen Sie jedes an, und lassen Sie weg, was nicht dazugehört.',
    duplicates: 'Beinahe gleiche',
    duplicatesHelp: 'Sie sehen gleich aus und zählen darum als ein Beleg. Es ist nichts zu tun.',
    alikeHelp: 'Sie sehen sich ähnlich, nicht mehr als durch Zufall, und jedes zählt. Es ist nichts zu tun.',
    all: 'Alle',
    leaveOut: (n) => `${count(n)} weglassen und neu anpassen`,
    select: 'Weglassen',
    selected: 'Weggelassen',
    sameAs: (name) => `sieht aus wie ${name}`,
    rejected: 'Nicht verwendbar',
  },
}
