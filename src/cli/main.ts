#!/usr/bin/env node
/** The `gatewright` command: finds the command that was asked for, runs it, says in one line what went wrong. */

import { Console } from 'node:console'
import { readFileSync } from 'node:fs'
import { debuglog } from 'node:util'
import { CommandError, UsageError } from './command-error.ts'
import { meant, readCommandLine } from './command-line.ts'
import { commands, groups } from './commands.ts'
import { helpOf, helpOfGroup, overview } from './help.ts'

// What the module prints while it is loaded must not get between the lines of a document.
globalThis.console = new Console(process.stderr)
const debug = debuglog('gatewright')

const { text, code } = await outcome(process.argv.slice(2))
// The module may have opened a database; nobody is going to close it, and nothing was asked of it.
if (code === 0) process.stdout.write(text, () => process.exit(0))
else process.stderr.write(text, () => process.exit(code))

async function outcome(argv: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  try {
    return { text: await run(argv), code: 0 }
  } catch (error) {
    if (error instanceof UsageError) {
      const end = error.message.endsWith('?') ? '' : '.'
      return { text: `gatewright: ${error.message}${end} See gatewright ${wordsOf(argv)}--help\n`, code: 2 }
    }
    if (!(error instanceof CommandError)) throw error
    if (error.cause !== undefined) debug('%o', error.cause)
    return { text: `gatewright: ${error.message}\n`, code: 1 }
  }
}

async function run(argv: readonly string[]): Promise<string> {
  const [first, second = ''] = argv
  if (first === undefined) throw new UsageError('say what to do')
  if (first === '--help' || first === '-h') return overview(groups)
  if (first === '--version' || first === '-v') return `${version()}\n`
  if (first.startsWith('-')) throw new UsageError(`the command comes first, not ${first}`)
  const command = commands.get(`${first} ${second}`) ?? commands.get(first)
  if (command === undefined) return groupHelp(first, argv.slice(1))
  const rest = argv.slice(command.words.split(' ').length)
  if (asksForHelp(rest)) return helpOf(command)
  const { operands, values } = readCommandLine(command, rest)
  return command.run(operands, values)
}

/** `gatewright clients --help`; or the right complaint about words that are no command. */
function groupHelp(word: string, rest: readonly string[]): string {
  const members = [...commands.values()].filter(({ words }) => words.startsWith(`${word} `))
  if (members.length === 0) {
    const names = [...new Set([...commands.keys()].map((words) => words.split(' ')[0] ?? ''))]
    throw new UsageError(`there is no command ${JSON.stringify(word)}${meant(word, names)}`)
  }
  if (asksForHelp(rest)) return helpOfGroup(word, members)
  const names = members.map(({ words }) => words.slice(word.length + 1))
  const [second] = rest
  if (second === undefined || second.startsWith('-')) {
    throw new UsageError(`say what to do with ${word}: ${names.join(', ')}`)
  }
  throw new UsageError(`there is no command "${word} ${second}"${meant(second, names)}`)
}

/** Up to `--`, after which everything is a value. */
function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--')
  return rest.slice(0, end === -1 ? rest.length : end).some((word) => word === '--help' || word === '-h')
}

/** The words of the command that was asked for, with a space behind, as far as there is one. */
function wordsOf([first = '', second = '']: readonly string[]): string {
  if (commands.has(`${first} ${second}`)) return `${first} ${second} `
  const isKnown = [...commands.keys()].some((words) => words === first || words.startsWith(`${first} `))
  return isKnown ? `${first} ` : ''
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
