/** A QR code in a page: an image of two colours that needs no script, no style and no other address. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'

/** How many white modules are around the black ones: with fewer, cameras do not find it (ISO/IEC 18004 §5.3.8). */
const quietZone = 4

/**
 * Draws it: black on white in every colour scheme, as many apps cannot read the opposite.
 *
 * @param rows The modules; `true` is black.
 * @param label What somebody hears who cannot see it.
 */
export function qrCode(rows: readonly (readonly boolean[])[], label: string): Html {
  const side = rows.length + 2 * quietZone
  return html`<svg
    class="qr"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${side} ${side}"
    shape-rendering="crispEdges"
  >
    <rect width="${side}" height="${side}" fill="#ffffff" />
    <path fill="#000000" d="${rows.map(rowPath).join('')}" />
  </svg>`
}

/** A rectangle for every run of black modules. */
function rowPath(row: readonly boolean[], index: number): string {
  const text = row.map((isBlack) => (isBlack ? '#' : ' ')).join('')
  return [...text.matchAll(/#+/g)]
    .map((run) => `M${run.index + quietZone} ${index + quietZone}h${run[0].length}v1h-${run[0].length}z`)
    .join('')
}
