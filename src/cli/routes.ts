/** `gatewright routes`: every route and what a caller needs for it, so that an open door is seen. */

import type { RouteSummary } from '../api/api.ts'
import { loadApp } from './load-app.ts'

/**
 * Lists the routes in the order they were declared.
 *
 * @param asJson For programs: the same as `app.routes()`.
 */
export async function routes(module: string, asJson: boolean): Promise<string> {
  const summaries = (await loadApp(module)).routes()
  return asJson ? `${JSON.stringify(summaries, undefined, 2)}\n` : table(summaries)
}

function table(summaries: readonly RouteSummary[]): string {
  if (summaries.length === 0) return 'The application has no routes.\n'
  const rows = [
    ['METHOD', 'PATH', 'NEEDS'] as const,
    ...summaries.map((route) => [route.method, route.path, needs(route)] as const),
  ]
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length))
  const lines = rows.map(
    ([method, path, needed]) => `${method.padEnd(width(0))}  ${path.padEnd(width(1))}  ${needed}`,
  )
  const open = summaries.filter(({ isOpen }) => isOpen).length
  return `${lines.join('\n')}\n\n${count(summaries.length)}, ${open} open to anybody\n`
}

/** `open`; or the schemes with their scopes, `+` for both, `or` for either. */
function needs({ isOpen, security }: RouteSummary): string {
  const alternatives = security.map((alternative) =>
    Object.entries(alternative)
      .map(([scheme, scopes]) => (scopes.length === 0 ? scheme : `${scheme}(${scopes.join(' ')})`))
      .join(' + '),
  )
  return [...(isOpen ? ['open'] : []), ...alternatives].join(' or ')
}

function count(routes: number): string {
  return routes === 1 ? '1 route' : `${routes} routes`
}
