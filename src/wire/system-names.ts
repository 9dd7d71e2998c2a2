/**
 * Names that say that a file or folder is no photo of its own, although it may hold a picture: thumbnails, trash and indexes that
 * systems make, backups of editors, downloads that did not end, our own heat maps. What is named by itself is used all the same.
 */

/** Lower case. Synology, QNAP, Buffalo, Nextcloud, Windows, macOS, Linux desktops, Syncthing, cameras, photo managers. */
const systemNames = new Set([
  '@eadir',
  '#recycle',
  'recycle bin',
  'network recycle bin',
  'trashbox',
  'files_trashbin',
  'files_versions',
  '#snapshot',
  '@recycle',
  '@recently-snapshot',
  '@tmp',
  '@sharebin',
  '.@__thumb',
  '.@upload_cache',
  '.@qsys',
  '$recycle.bin',
  'recycler',
  'recycled',
  'system volume information',
  'found.000',
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  'picasa.ini',
  '.picasa.ini',
  '.picasaoriginals',
  '__macosx',
  '.ds_store',
  '.trashes',
  '.trash',
  '.appledouble',
  '.appledesktop',
  '.spotlight-v100',
  '.fseventsd',
  '.documentrevisions-v100',
  '.temporaryitems',
  '.apdisk',
  'network trash folder',
  'temporary items',
  'lost+found',
  'thmbnl',
  '.thumbnails',
  '.thumbs',
  '.thumb',
  '.dtrash',
  '.stfolder',
  '.stversions',
  '.sync',
  '.snapshot',
  '.snapshots',
  '~snapshot',
  '.zfs',
  '.nomedia',
  '.dropbox.cache',
])

/**
 * `._IMG.jpg` (AppleDouble), `.Trash-1000`, `SYNOPHOTO_THUMB_M.jpg`, previews of Lightroom, `IMG_1.THM` of cameras, `a.jpg.download/` of
 * Safari.
 */
const systemPatterns = [
  /^\._/,
  /^\.trash-\d+$/i,
  /^syno(photo|file|index)[_-]?thumb/i,
  /\.lrdata$/i,
  /\.thm$/i,
  /\.download$/i,
]

/**
 * By the folder above as well: small pictures of Nextcloud and Capture One; all of a photo library of macOS but the photos
 * themselves, which its programs keep in "originals" or "Masters".
 */
const systemPlaces = [
  /(^|\/)appdata_[^/]+\/(preview|thumbnail|avatar)$/i,
  /(^|\/)captureone\/cache$/i,
  /(\.(photoslibrary|photolibrary|migratedphotolibrary|aplibrary)|(^|\/)iphoto library)\/(?!originals$|masters$)[^/]+$/i,
]

/** @param path whose last part is asked for; the folders above it may stand before it */
export function isSystemName(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    systemNames.has(name.toLowerCase()) ||
    systemPatterns.some((pattern) => pattern.test(name)) ||
    systemPlaces.some((pattern) => pattern.test(path))
  )
}

/** Is the entry, or a folder that it lies in, one of a system? @param above folders that were asked for, which are not looked at */
export const isInSystem = (path: string, above = ''): boolean =>
  path.split('/').some((_, i, parts) => isSystemName(above + parts.slice(0, i + 1).join('/')))

/** `a.jpg~`, `#a.jpg#`, `a.jpg.bak`, `a.jpg_original` (ExifTool), `a.jpg.part`: another file is the photo, or will be. */
export const isSideFile = (name: string): boolean =>
  /~$|^#.*#$|\.[a-z0-9]+_original$|\.(bak|backup|old|orig|swp|te?mp|part|partial|filepart|crdownload|opdownload)$/i.test(
    name.slice(name.lastIndexOf('/') + 1),
  )

/** What `score --explain` adds to the name of an image for the picture with its heat map. */
export const heatMapEnding = '.heatmap.png'

export const hasHeatMapEnding = (name: string): boolean => name.toLowerCase().endsWith(heatMapEnding)

/**
 * Where only names are known: tells which of them are of no photo. A heat map is told by the page beside it.
 * @param names all that there is, also what is no image
 */
export function leftOutAmong(names: readonly string[]): (name: string) => boolean {
  const folderOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1)
  const pages = new Set(names.filter((name) => /(^|\/)index\.html$/i.test(name)).map(folderOf))
  return (name) => isInSystem(name) || isSideFile(name) || (hasHeatMapEnding(name) && pages.has(folderOf(name)))
}
