/** What the terminal shows once the service runs. */

import { styleText } from 'node:util'
import { demoAccounts, password } from './demo-accounts.ts'

export interface Started {
  readonly url: string
  readonly databaseUrl: string
  /** A working token of the writer. */
  readonly token: string
}

export function welcome({ url, databaseUrl, token }: Started): string {
  const accounts = demoAccounts.map((account) => {
    const may = 'disabled' in account ? 'may not log in' : account.scopes.join(' ')
    return `${account.username.padEnd(9)}${dim(may)}`
  })
  const rows = [
    ['Docs', `${styleText('cyan', `${url}/docs`)}  ${dim('press Authorize and log in')}`],
    ['Accounts', accounts.join(`\n${' '.repeat(12)}`)],
    ['Password', `${password}  ${dim('the same for all three')}`],
    ['Database', databaseName(databaseUrl)],
  ] as const
  const table = rows.map(([name, value]) => `  ${styleText('bold', name.padEnd(10))}${value}`)
  return `
  ${styleText(['bold', 'green'], 'gatewright quick start')} is running

${table.join('\n')}

  Try it, in another terminal:

curl -H "Authorization: Bearer ${token}" ${url}/users/me

  ${styleText('yellow', 'Development mode:')} for this machine only, with known passwords. Tokens are good for an hour.
  Ctrl+C stops it.
`
}

function dim(text: string): string {
  return styleText('dim', text)
}

/** Where the data is, without the password of the URL. */
function databaseName(databaseUrl: string): string {
  if (/^postgres/i.test(databaseUrl) && URL.canParse(databaseUrl)) {
    const { host, pathname } = new URL(databaseUrl)
    return `PostgreSQL, ${pathname.slice(1)} on ${host || 'localhost'}`
  }
  return `SQLite, ${databaseUrl.replace(/^\w+:/, '')}`
}
