/** Reads the words after the name of a command. */

import { parseArgs } from 'node:util'
import type { Command, Operand, Values } from './command.ts'
import { UsageError } from './command-error.ts'

/** What was given to a command. */
export interface Given {
  readonly operands: readonly string[]
  readonly values: Values
}

/**
 * Reads and checks.
 *
 * @throws {UsageError} When there is an option that the command does not have, or too much or too little of anything.
 */
export function readCommandLine(command: Command, argv: readonly string[]): Given {
  const { values, positionals } = parsed(command, argv)
  const { operands, words } = command
  const missing = operands[positionals.length]
  if (missing !== undefined && missing.isOptional !== true) {
    throw new UsageError(`${words} needs ${missing.article} ${missing.name}, for example ${missing.example}`)
  }
  if (positionals.length > operands.length) throw new UsageError(tooMany(words, operands, positionals.length))
  return { operands: positionals, values }
}

function parsed(
  { options, words }: Command,
  argv: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const known = Object.entries(options).map(([name, { kind, short }]) => [
    name,
    {
      type: kind === 'flag' ? ('boolean' as const) : ('string' as const),
      multiple: kind === 'list',
      ...(short === undefined ? {} : { short }),
    },
  ])
  try {
    const { values, positionals } = parseArgs({
      args: namesLast(argv),
      options: Object.fromEntries(known) as Record<string, { type: 'boolean' | 'string' }>,
      allowPositionals: true,
    })
    return { values: values as Values, positionals }
  } catch (cause) {
    const [sentence = ''] = cause instanceof Error ? cause.message.split(/\. |\n/) : []
    const unknown = /^Unknown option '(.+)'/.exec(sentence)?.[1]
    if (unknown === undefined) {
      throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`, {
        cause,
      })
    }
    throw new UsageError(`${words} has no option ${unknown}${meant(unknown, Object.keys(options))}`, {
      cause,
    })
  }
}

/** Names that are made here, of clients and of keys, may begin with a dash, and are pasted as they stand: they are no options. */
function namesLast(argv: readonly string[]): string[] {
  if (argv.includes('--')) return [...argv]
  const isName = (word: string): boolean =>
    /^-(?:[\w-]{21}|[\w-]{42})$/.test(word) && !/^--[a-z-]+$/.test(word)
  const names = argv.filter((word) => isName(word))
  return [...argv.filter((word) => !isName(word)), ...(names.length > 0 ? ['--', ...names] : [])]
}

function tooMany(words: string, operands: readonly Operand[], count: number): string {
  const [only] = operands
  if (only === undefined) return `${words} takes options only`
  return operands.length === 1
    ? `${words} takes one ${only.name}, not ${count}`
    : `${words} takes ${operands.length} words, not ${count}`
}

/**
 * Reads a number.
 *
 * @param option As it was typed, with its dashes.
 * @throws {UsageError} For anything but a whole number in this range.
 */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (/^\d{1,9}$/.test(text) && number >= least && number <= most) return number
  throw new UsageError(`${option} is a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`)
}

/** The name that somebody most likely wanted to type, as a question. */
export function meant(typed: string, names: readonly string[]): string {
  const word = typed.replace(/^-+/, '')
  const [closest] = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .filter(
      ({ name, distance }) =>
        distance <= Math.max(1, Math.floor(name.length / 3)) || (word.length > 3 && name.startsWith(word)),
    )
    .toSorted((one, two) => one.distance - two.distance)
  if (closest === undefined) return ''
  return `; did you mean ${typed.startsWith('-') ? '--' : ''}${closest.name}?`
}

/** How many letters have to be added, taken away or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (letter === to[column] ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
