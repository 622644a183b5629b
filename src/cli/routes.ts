/** `gatewright routes`: every route and what a caller needs for it, so that an open door is seen. */

import type { RouteSummary } from '../api/api.ts'
import { demandInWords } from '../protocol/step-up.ts'
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

/** `open`; or the schemes with their scopes and what is demanded of a login, `+` for both, `or` for either. */
function needs({ isOpen, security, logins = {} }: RouteSummary): string {
  const alternatives = security.map((alternative) =>
    Object.entries(alternative)
      .map(([scheme, scopes]) => {
        const login = logins[scheme]
        const parts = [scopes.join(' '), login === undefined ? '' : demandInWords(login)]
        const needed = parts.filter((part) => part !== '').join('; ')
        return needed === '' ? scheme : `${scheme}(${needed})`
      })
      .join(' + '),
  )
  return [...(isOpen ? ['open'] : []), ...alternatives].join(' or ')
}
