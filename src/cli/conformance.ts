/** `gatewright conformance`: whether a database keeps what the stores promise, races included. */

import { command } from './command.ts'
import type { Command } from './command.ts'
import { asCommandError, CommandError, UsageError } from './command-error.ts'
import { preparedDatabase } from './conformance-database.ts'
import type { PreparedDatabase } from './conformance-database.ts'
import { counted, json } from './terminal.ts'

/** A promise that was looked at. */
interface Outcome {
  readonly suite: string
  readonly name: string
  readonly isKept: boolean
  /** Why not. */
  readonly reason?: string
  readonly isStuck?: boolean
}

/** How long a case may take, in seconds; on a quiet machine the longest one takes three. */
const patience = 120

/** Fails when a promise is not kept, or the database may not be used for this. */
export const conformance: Command = command({
  words: 'conformance',
  summary: 'see whether a database keeps what the stores promise',
  options: {
    database: { kind: 'text', value: '<url>', help: 'file:test.db or postgres://…' },
    'dangerously-erase': {
      kind: 'flag',
      help: 'use a database that has tables of ours, and delete everything that is in them',
    },
    json: { kind: 'flag', help: 'print JSON' },
  },
  notes: [
    'Makes the tables, runs every case of the suites of gatewright/store/conformance on several connections at once, and takes the tables away again. A database that has tables of ours is refused: give it one of its own, on the server you mean to use.',
    'Exits with 1 when a promise is not kept.',
  ],
  examples: ['gatewright conformance --database postgres://localhost/gatewright_conformance'],
  async run(_, values) {
    const { database: url } = values
    if (url === undefined) throw new UsageError('say which database: --database <url>')
    if (/^(file|sqlite)::memory:$/i.test(url)) {
      throw new UsageError(
        'a database in memory has one connection: the races need several, so give it a file',
      )
    }
    const began = Date.now()
    try {
      const prepared = await preparedDatabase(url, values['dangerously-erase'] === true)
      const say = values.json === true ? () => {} : (line: string) => void process.stdout.write(`${line}\n`)
      const outcomes: Outcome[] = []
      try {
        for (const suite of await suitesOf(prepared)) {
          say(`${suite.title} on ${prepared.dialect}`)
          for (const { name, run } of suite.cases) {
            const outcome = await outcomeOf(suite.title, name, run, prepared)
            outcomes.push(outcome)
            say(lineOf(outcome))
            // It still runs, and would get in the way of the others.
            if (outcome.isStuck === true) return told(outcomes, values.json === true, Date.now() - began)
          }
          say('')
        }
      } finally {
        await prepared.close()
      }
      return told(outcomes, values.json === true, Date.now() - began)
    } catch (error) {
      throw asCommandError(error)
    }
  },
})

interface Suite {
  readonly title: string
  readonly cases: readonly { readonly name: string; readonly run: () => Promise<void> }[]
}

/** Loaded here: the other commands do without the suites. */
async function suitesOf(database: PreparedDatabase): Promise<readonly Suite[]> {
  const { accountStoreConformance } = await import('../store/conformance.ts')
  const { accountTokenConformance } = await import('../store/account-token-conformance.ts')
  const { grantStoreConformance } = await import('../store/grant-conformance.ts')
  return [
    {
      title: 'Accounts',
      cases: accountStoreConformance.map(({ name, run }) => ({
        name,
        run: () => run(database.openAccounts),
      })),
    },
    {
      title: 'Links sent by mail',
      cases: accountTokenConformance.map(({ name, run }) => ({
        name,
        run: () => run(database.openAccountTokens),
      })),
    },
    {
      title: 'Grants, tokens and keys',
      cases: grantStoreConformance.map(({ name, run }) => ({ name, run: () => run(database.grants) })),
    },
  ]
}

async function outcomeOf(
  suite: string,
  title: string,
  run: () => Promise<void>,
  { empty }: PreparedDatabase,
): Promise<Outcome> {
  // The numbers of the security table are for those who read the source.
  const name = title.replace(/^SECURITY [\d, and]+: /, '')
  // Before each one, not after: what a failed case leaves behind must not fail the next.
  await empty()
  const stuck = Symbol('stuck')
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<typeof stuck>((resolve) => (timer = setTimeout(resolve, patience * 1000, stuck)))
  try {
    if ((await Promise.race([run(), late])) !== stuck) return { suite, name, isKept: true }
    const reason = `not done after ${patience} s; the cases after it were not run`
    return { suite, name, isKept: false, reason, isStuck: true }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { suite, name, isKept: false, reason }
  } finally {
    clearTimeout(timer)
  }
}

function lineOf({ name, isKept, reason = '' }: Outcome): string {
  if (isKept) return `  ok    ${name}`
  const [first = '', ...more] = reason.split('\n').filter((line) => line.trim() !== '')
  return [`  FAIL  ${name}`, ...[first, ...more.slice(0, 7)].map((line) => `          ${line}`)].join('\n')
}

/** @throws {CommandError} When a promise is not kept; what there is to know is printed by then. */
function told(outcomes: readonly Outcome[], isJson: boolean, milliseconds: number): string {
  const kept = outcomes.filter(({ isKept }) => isKept).length
  const summary = `${kept} of ${counted(outcomes.length, 'promise')} kept, in ${Math.ceil(milliseconds / 1000)} s`
  const text = isJson ? json({ kept, of: outcomes.length, promises: outcomes }) : `${summary}\n`
  if (kept === outcomes.length) return text
  if (isJson) process.stdout.write(text)
  throw new CommandError(summary)
}
