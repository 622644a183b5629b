/** Where a sign-in may lead: a path of the app, whatever a link says. */

/** The path, with its query; `undefined` for everything that a browser might take for another place. */
export function localPath(next: string | undefined): string | undefined {
  if (next === undefined || next.length > 512) return undefined
  // Controls, spaces and backslashes are read by a browser otherwise than they are written; so are two slashes.
  if (!/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(next) || next.includes('#')) return undefined
  const { pathname, search, host } = new URL(next, 'http://here.invalid')
  const isPlain = host === 'here.invalid' && pathname + search === next && !pathname.startsWith('//')
  return isPlain ? next : undefined
}
