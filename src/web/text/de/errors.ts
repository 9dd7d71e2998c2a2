/** Jeder Fehler nach seinem Code (`src/errors.ts`), mit einem Ausweg; der Compiler sagt, wenn einer fehlt. */
import type { ErrorBody } from '../../service/types.ts'

export const errors: Readonly<Record<ErrorBody['code'], string>> & Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: 'Eine Angabe fehlt oder hat einen falschen Wert: welche, steht darunter.',
  MODEL_NAME_INVALID:
    'Ein Modellname hat 1 bis 64 Buchstaben, Ziffern, „.“, „_“ oder „-“ und beginnt mit einem Buchstaben oder einer Ziffer; „all“ heißt keines.',
  ALPHA_INVALID: 'Die Strenge (alpha) ist eine Zahl zwischen 0 und 1.',
  FOLDER_NOT_FOUND: 'Den Ordner gibt es nicht, oder er lässt sich nicht lesen: prüfen Sie Pfad und Rechte.',
  FOLDER_EMPTY: 'In dem Ordner sind keine Bilder: nehmen Sie einen anderen.',
  IMAGE_NOT_FOUND: 'Das Bild gibt es nicht, oder es lässt sich nicht lesen: prüfen Sie Pfad und Rechte.',
  IMAGE_UNREADABLE: 'Die Datei ist kein Bild, oder sie ist beschädigt: nehmen Sie eine andere Kopie davon.',
  IMAGE_UNSUPPORTED: 'Dieses Bildformat wird nicht angenommen: wandeln Sie es in JPEG oder PNG um.',
  IMAGE_TOO_LARGE: 'Das Bild hat zu viele Bytes oder Bildpunkte: verkleinern Sie es.',
  TOO_FEW_IMAGES: 'Es sind zu wenige lesbare Bilder, um ein Modell anzulegen: mindestens 8, besser etwa 200.',
  IMAGES_IDENTICAL: 'Die Bilder sind alle gleich: nehmen Sie Fotos, die sich unterscheiden.',
  NO_FACE: 'Auf dem Bild ist kein Gesicht zu finden: nehmen Sie eines, auf dem es größer und von vorn zu sehen ist.',
  SEVERAL_FACES: 'Auf dem Bild sind mehrere Gesichter: schneiden Sie es auf eines zu.',
  FEATURES_UNREADABLE: 'Die Datei der Merkmale ist keine NPY-Matrix aus float32 oder float64: speichern Sie sie so.',
  FEATURES_WRONG_WIDTH: 'Die Merkmale haben eine andere Breite als das Modell: nehmen Sie die von demselben Netz.',
  FEATURES_NOT_FINITE:
    'Unter den Merkmalen sind Werte, die keine Zahlen oder unendlich sind: entfernen Sie diese Zeilen.',
  MODEL_NOT_FOUND: 'Dieses Modell gibt es nicht, oder nicht mehr: wählen Sie ein anderes.',
  MODEL_CORRUPT: 'Die Modelldatei ist beschädigt oder keine Modelldatei: exportieren Sie das Modell noch einmal.',
  MODEL_INCOMPATIBLE: 'Das Modell ist aus einer anderen Version oder kann damit nicht umgehen: legen Sie es neu an.',
  BACKBONE_NOT_FOUND:
    'Das Netz, das dazu nötig ist, gibt es hier nicht: wählen Sie ein anderes, oder legen Sie das Modell damit neu an.',
  BACKBONE_INVALID: 'Das Netz oder seine Beschreibung lässt sich nicht verwenden: nehmen Sie ein anderes.',
  BACKBONE_MISMATCH:
    'Das Netz ist nicht das, mit dem das Modell angelegt wurde: legen Sie das Modell mit dem jetzigen neu an (oneclass fit --from-model), oder holen Sie das frühere zurück.',
  DEPENDENCY_MISSING: 'Ein Paket, das dafür nötig ist, ist nicht installiert: welches, steht darunter.',
  DEVICE_UNAVAILABLE: 'Das Gerät, auf dem gerechnet werden soll, ist nicht da: rechnen Sie ohne „--device“.',
  DOWNLOAD_FAILED:
    'Das Herunterladen ist gescheitert: versuchen Sie es noch einmal, oder kopieren Sie die Datei selbst.',
  UNAUTHORIZED: 'Der Dienst verlangt einen API-Schlüssel: geben Sie ihn unter „API-Schlüssel“ ein.',
  FORBIDDEN: 'Der API-Schlüssel erlaubt das nicht: verlangen Sie einen mit mehr Rechten.',
  PATH_NOT_ALLOWED: 'Der Pfad liegt nicht in einem freigegebenen Ordner: diese nennt der Dienst mit „--root“.',
  URL_NOT_ALLOWED: 'Diese Adresse darf nicht abgerufen werden: laden Sie das Bild selbst, und legen Sie es hier ab.',
  URL_UNREACHABLE: 'Die Adresse ließ sich nicht abrufen: prüfen Sie sie, oder versuchen Sie es später.',
  BUCKET_NOT_FOUND: 'Diesen Bucket gibt es nicht: prüfen Sie seinen Namen und seine Region.',
  STORAGE_REFUSED: 'Der Objektspeicher lehnt ab, was der Dienst von ihm will: prüfen Sie die Rechte des Dienstes dort.',
  STORAGE_UNAVAILABLE: 'Der Objektspeicher ist nicht erreichbar oder beschäftigt: später noch einmal versuchen.',
  NOT_FOUND: 'Das gibt es nicht, oder nicht mehr.',
  METHOD_NOT_ALLOWED: 'Diese Adresse kennt den Aufruf nicht: laden Sie die Seite neu.',
  JOB_NOT_FOUND: 'Diesen Auftrag gibt es nicht, oder nicht mehr: starten Sie ihn noch einmal.',
  CONFLICT: 'Das passt nicht zum jetzigen Stand: laden Sie die Seite neu, und versuchen Sie es noch einmal.',
  UNSUPPORTED_MEDIA_TYPE: 'Diese Art von Inhalt wird nicht angenommen: welche, steht darunter.',
  BODY_TOO_LARGE: 'Das ist zu groß, um es auf einmal zu senden: senden Sie es in Teilen.',
  HEADERS_TOO_LARGE: 'Die Kopfzeilen der Anfrage sind zu groß: löschen Sie die Cookies dieser Adresse.',
  REQUEST_TIMEOUT: 'Die Anfrage brauchte zu lange, um anzukommen: noch einmal versuchen.',
  RATE_LIMITED: 'Das waren zu viele Anfragen: gleich noch einmal versuchen.',
  QUEUE_FULL: 'Die Warteschlange ist voll: später noch einmal versuchen.',
  WORKER_DIED:
    'Worker endeten, während sie daran arbeiteten: noch einmal versuchen, und wenn es wieder geschieht, ihre Protokolle lesen.',
  JOB_TIMEOUT: 'Der Auftrag dauerte zu lange: noch einmal versuchen, oder weniger auf einmal.',
  JOB_EXPIRED: 'Was gesendet wurde, ist nicht mehr da: bitte noch einmal senden.',
  CANCELLED: 'Der Auftrag wurde abgebrochen: er lässt sich neu starten.',
  STOPPING: 'Der Dienst hört gerade auf: gleich noch einmal versuchen.',
  REDIS_UNAVAILABLE: 'Der Dienst erreicht seine Warteschlange (Redis) nicht: er versucht es weiter.',
  REDIS_DAMAGED:
    'In der Warteschlange (Redis) steht etwas anderes, als der Dienst dort ablegt. Er bringt das in einigen Sekunden in Ordnung.',
  REDIS_NOT_INSTALLED:
    'Es ist kein redis-server installiert: installieren Sie ihn, oder nennen Sie einen mit „--redis“.',
  PORT_IN_USE: 'Der Port ist belegt: nehmen Sie einen anderen mit „--port“.',
  DISK_UNAVAILABLE:
    'Dateien lassen sich nicht schreiben oder lesen: die Platte ist voll, schreibgeschützt oder gestört. Schaffen Sie Platz, oder prüfen Sie die Rechte.',
  INTERNAL: 'Im Dienst ist etwas schiefgegangen. Seine Protokolle sagen mehr.',
}
