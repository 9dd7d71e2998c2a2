/** A link to what is seen, for somebody else: onto the clipboard, where the browser lets us. */
import { t } from '../text.ts'
import { say } from './notes.tsx'

export async function shareLink(address: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(address) // only on https and on this machine
    say(t.common.linkCopied)
  } catch {
    say(t.common.linkIs(address))
  }
}
