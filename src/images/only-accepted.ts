/**
 * Takes every decoder but those of the accepted formats away from this process. `format.ts` tells formats by their first
 * bytes; should libvips ever see something else in a file, a drawing that loads files and addresses, say, there is nothing
 * left that would open it. For processes that decode what strangers send.
 */
import { sharp } from './sharp.ts'

const accepted = ['JpegBuffer', 'PngBuffer', 'WebpBuffer', 'NsgifBuffer', 'TiffBuffer', 'HeifBuffer']

export function blockOtherDecoders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: accepted.map((name) => `VipsForeignLoad${name}`) })
}
