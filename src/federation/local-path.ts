/** Where a sign-in may lead: a path of the app, whatever a link says. */

/** The path, with its query; `undefined` for everything that a browser might take for another place. */
export function localPath(next: string | undefined): string | undefined {
  if (next === undefined || next.length > 512) return undefined
  // As a browser reads it: a path that leads elsewhere, or is read otherwise than it is written, is not left as it is.
  const read = URL.parse(next, 'http://here.invalid')
  return read !== null && read.pathname + read.search === next ? next : undefined
}
