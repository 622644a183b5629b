/** The files of the pages. Their names change with their content, so that browsers keep them for ever. */

import { createHash } from 'node:crypto'
import type { Settings } from '../settings.ts'

/** Sends the form of the page it is on. */
export const formPostScript = 'document.forms[0].submit()\n'

/** The path of a file with this content. */
export function assetPath(
  { basePath }: Pick<Settings, 'basePath'>,
  content: string,
  extension: 'css' | 'js',
): string {
  const name = createHash('sha256').update(content).digest('base64url').slice(0, 16)
  return `${basePath}/assets/${name}.${extension}`
}
