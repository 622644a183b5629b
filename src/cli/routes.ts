/** `gatewright routes`: every route and what a caller needs for it, so that an open door is seen. */

import type { RouteSummary } from '../api/api.ts'
import { command } from './command.ts'
import type { Command } from './command.ts'
import { loadApp } from './load-module.ts'
import { counted, json, table } from './terminal.ts'

/** In the order in which the routes were declared. */
export const routes: Command = command({
  words: 'routes',
  summary: 'list the routes and what a caller needs for each',
  operands: [{ name: 'module', article: 'a', example: 'src/app.ts' }],
  options: { json: { kind: 'flag', help: 'print JSON' } },
  notes: ['<module> is a JavaScript or TypeScript file that exports its application as `app`.'],
  examples: ['gatewright routes src/app.ts'],
  async run([module = ''], values) {
    const summaries = (await loadApp(module)).routes()
    return values.json === true ? json(summaries) : tableOf(summaries)
  },
})

function tableOf(summaries: readonly RouteSummary[]): string {
  if (summaries.length === 0) return 'The application has no routes.\n'
  const rows = summaries.map((route) => [route.method, route.path, needs(route)])
  const open = summaries.filter(({ isOpen }) => isOpen).length
  return `${table([['METHOD', 'PATH', 'NEEDS'], ...rows])}\n${counted(summaries.length, 'route')}, ${open} open to anybody\n`
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
