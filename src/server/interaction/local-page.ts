/** Where a login may lead besides an application: pages of this server that are for somebody who is logged in. */

/** What stands behind them in an address may not be longer. */
const longest = 512

/** The first part of the path of every such page. */
const places: ReadonlySet<string> = new Set(['account', 'admin', 'device'])

/**
 * A path of this server, below the issuer, that a login may lead to.
 *
 * @returns `undefined` for everything else: an address in a link must not be able to send people elsewhere.
 */
export function localPage(next: string | undefined): string | undefined {
  if (next === undefined || next.length > longest || !/^\/[a-z]/.test(next)) return undefined
  // What a browser would read otherwise than we do: controls, backslashes, a fragment.
  if (/[^\x21-\x7e]|[\\#]/.test(next)) return undefined
  const { pathname, search, host } = new URL(next, 'http://here.invalid')
  if (host !== 'here.invalid' || pathname + search !== next) return undefined
  return places.has(pathname.split('/')[1] ?? '') ? next : undefined
}
