/** What was noticed about an image that was used all the same: stands in its result as `notes`. */
export const noteCodes = ['TRUNCATED', 'BLANK', 'EXTREME', 'RANGE_GUESSED', 'OUT_OF_RANGE'] as const
export type NoteCode = (typeof noteCodes)[number]

export interface Note {
  readonly code: NoteCode
  /** One sentence. */
  readonly message: string
}
