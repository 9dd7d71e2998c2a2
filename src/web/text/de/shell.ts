/** Der Rahmen der Seite, und was alle Ansichten sagen. */
import { count } from '../../format.ts'
import type { shell as Words } from '../en/shell.ts'
import { s } from '../plural.ts'
import { errors } from './errors.ts'

export const shell: typeof Words = {
  brand: 'oneclass',
  tagline: 'Zeigen Sie ihm Fotos von einer Sache. Fragen Sie dann, ob ein Bild dazugehört.',
  skip: 'Zum Inhalt springen',
  nav: {
    label: 'Hauptmenü',
    models: 'Modelle',
    classify: 'Prüfen',
    batches: 'Stapel',
    map: 'Karte',
    compare: 'Vergleichen',
    operations: 'Betrieb',
    docs: 'API-Referenz',
  },
  language: 'Sprache',
  theme: { label: 'Farben', system: 'Automatisch', light: 'Hell', dark: 'Dunkel' },
  key: {
    button: 'API-Schlüssel',
    set: 'API-Schlüssel: gesetzt',
    title: 'Dieser Dienst verlangt einen API-Schlüssel',
    optional: 'API-Schlüssel',
    why: 'Wer den Dienst betreibt, erzeugt ihn mit „oneclass keys create --name NAME --scope manage“.',
    field: 'Schlüssel',
    remember: 'Auf diesem Gerät merken',
    save: 'Diesen Schlüssel verwenden',
    give: 'Schlüssel eingeben',
    forget: 'Den Schlüssel vergessen',
    refused: 'Der Dienst hat den Schlüssel abgelehnt. Prüfen Sie ihn, oder verlangen Sie einen neuen.',
  },
  connection: {
    lost: 'Der Dienst antwortet nicht. Die Seite versucht es jede Sekunde wieder; nichts geht verloren.',
    failed:
      'Der Dienst hat nicht geantwortet, also ist es wohl nicht geschehen: versuchen Sie es noch einmal, wenn er wieder da ist.',
  },
  trouble: {
    key: 'Der Dienst verlangt einen API-Schlüssel oder nimmt diesen nicht mehr an. Was Sie senden, wartet hier, bis er einen hat.',
    redis:
      'Der Dienst erreicht seine Warteschlange (Redis) nicht. Ihre Bilder warten hier und werden gesendet, sobald sie zurück ist; nichts geht verloren.',
    workers: 'Es läuft kein Worker. Was Sie senden, wartet in der Schlange, bis einer startet.',
    workersHow: 'Starten Sie einen mit „oneclass worker --redis URL“, oder den Dienst mit „--workers 1“.',
    models: 'Der Dienst kann seine Modelle nicht lesen. Sehen Sie nach der Platte seines Datenverzeichnisses.',
    queue: 'Jemand hat die Warteschlange in ihrer Übersicht angehalten. Was Sie senden, wartet, bis sie weiterläuft.',
    version: (page, service) =>
      `Der Dienst hat die Version ${service}, diese Seite ist von Version ${page}. Laden Sie die Seite neu.`,
    workerVersion: (workers, service) =>
      `Ein Worker hat ${workers[0] === '' ? 'eine frühere Version' : `die Version ${workers[0]}`}, der Dienst die Version ${service}. Starten Sie alle Worker mit der Version des Dienstes neu.`,
    reload: 'Neu laden',
    over: 'Der Dienst arbeitet wieder.',
  },
  errors,
  common: {
    cancel: 'Abbrechen',
    close: 'Schließen',
    retry: 'Noch einmal',
    model: 'Modell',
    loading: 'Wird geladen …',
    more: 'Weitere Aktionen',
    linkCopied: 'Der Link ist in der Zwischenablage.',
    linkIs: (address) => `Der Link: ${address}`,
    images: (n) => s(n, 'Bild', 'Bilder'),
    photos: (n) => s(n, 'Foto', 'Fotos'),
    noModels: 'Es gibt noch kein Modell.',
    makeOne: 'Ein Modell anlegen',
    noPicture: 'Dieser Browser kann das Bild nicht zeigen. Der Dienst kann es vielleicht trotzdem lesen.',
    viewGone:
      'Diese Ansicht konnte nicht geladen werden: der Dienst wurde erneuert, seit diese Seite offen ist. Laden Sie die Seite neu.',
    unexpected: 'Etwas ist schiefgegangen, das nicht schiefgehen sollte.',
  },
  drop: {
    folder: 'Einen Ordner oder Bilder hier ablegen',
    images: 'Bilder hier ablegen',
    pickFolder: 'Ordner wählen',
    pickFiles: 'Bilder wählen',
    paste: 'oder eines einfügen',
    skipped: (n) =>
      n === 1
        ? '1 Datei ist kein Bild oder nur Vorschau oder Sicherung eines Bildes und wurde weggelassen.'
        : `${count(n)} Dateien sind keine Bilder oder nur Vorschauen oder Sicherungen und wurden weggelassen.`,
    which: 'Legen Sie es auf einem der Felder ab: es gibt mehr als eines.',
    nowhere: 'Hier wird nichts abgelegt. Das geht unter Modelle, Prüfen und Stapel.',
    stopped: 'Das Senden ist angehalten, da Sie die Ansicht verlassen haben. Die Bilder sind dort noch gewählt.',
    nothing: 'Darin war kein Bild.',
    known: (n) => (n === 1 ? '1 Bild war schon da.' : `${count(n)} Bilder waren schon da.`),
    from: (folders) =>
      folders.length > 3
        ? `aus ${count(folders.length)} Ordnern`
        : `aus ${folders.map((name) => `„${name}“`).join(', ')}`,
    tooMany: (n, most) => `${count(n)} Bilder sind mehr als die ${count(most)}, die auf einmal angenommen werden.`,
    tooBig: (size, most) =>
      `Die Bilder haben ${size}, mehr als die ${most}, die auf einmal angenommen werden. Lassen Sie einige weg, oder lassen Sie den Dienst einen eigenen Ordner lesen.`,
  },
}
