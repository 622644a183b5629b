/** The help: of everything, of a group of commands, of one. */

import type { Command } from './command.ts'
import { columns, wrapped } from './terminal.ts'

/** Commands that belong together. */
export interface Group {
  readonly title: string
  readonly commands: readonly Command[]
}

/** The help of everything. */
export function overview(groups: readonly Group[]): string {
  const sections = groups.map(({ title, commands }) => `${title}\n${listed(commands)}`)
  return `gatewright: OAuth2 for TypeScript APIs, from the command line

Usage
  gatewright <command> [options]

${sections.join('\n')}
Options
  -h, --help      print this; gatewright <command> --help explains a command
  -v, --version   print the version
`
}

/** The help of the commands that begin with one word, as `gatewright clients --help` prints it. */
export function helpOfGroup(word: string, commands: readonly Command[]): string {
  return `gatewright ${word} <command> [options]\n\nCommands\n${listed(commands)}
gatewright ${word} <command> --help explains a command.\n`
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const { summary, notes, examples } = command
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  const options = Object.entries(command.options).map(([name, { kind, short, value = '', help }]) => {
    const dash = short === undefined ? '   ' : `-${short},`
    const again = kind === 'list' ? `${help}; may be repeated` : help
    return [`  ${dash} --${name}${value === '' ? '' : ` ${value}`}`, again] as const
  })
  const help = ['  -h, --help', 'print this'] as const
  const width = Math.max(...[...options, help].map(([left]) => left.length)) + 3
  return [
    `${wrapped(sentence)}\n\nUsage\n  gatewright ${usage(command)} [options]\n`,
    ...notes.map((note) => `${wrapped(note)}\n`),
    `Options\n${columns([...options, help], width)}`,
    ...(examples.length === 0 ? [] : [`Examples\n${examples.map((each) => `  ${each}\n`).join('')}`]),
  ].join('\n')
}

function listed(commands: readonly Command[]): string {
  const rows = commands.map((each) => [`  ${usage(each)}`, each.summary] as const)
  return columns(rows, 34)
}

function usage({ words, operands }: Command): string {
  const places = operands.map(({ name, isOptional }) => (isOptional === true ? `[<${name}>]` : `<${name}>`))
  return [words, ...places].join(' ')
}
