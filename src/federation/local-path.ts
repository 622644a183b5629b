/** Where a sign-in may lead: a path of the app, whatever a link says. */

/** The path, with its query; `undefined` for everything that a browser might take for another place. */
export function localPath(next: string | undefined): string | undefined {
  if (next === undefined || next.length > 512) return undefined
  // As a browser reads it: what then looks otherwise than it is written is not what it seems.
  const { pathname, search, host } = URL.parse(next, 'http://here.invalid') ?? {}
  const isPlain = host === 'here.invalid' && `${pathname}${search}` === next && !next.startsWith('//')
  return isPlain ? next : undefined
}
