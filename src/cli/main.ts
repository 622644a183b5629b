#!/usr/bin/env node
/** The `gatewright` command: reads its arguments, runs one of the commands, says in one line what went wrong. */

import { Console } from 'node:console'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CommandError, UsageError } from './command-error.ts'
import { openapi } from './openapi.ts'
import { routes } from './routes.ts'

const help = `gatewright looks at an application without serving it.

Usage
  gatewright openapi <module> [--output <file>]   print the OpenAPI document
  gatewright routes <module> [--json]             list the routes and what a caller needs for each

<module> is a JavaScript or TypeScript file that exports its application as \`app\`.

Options
  -o, --output <file>   write to a file
      --json            print JSON
  -h, --help            print this
  -v, --version         print the version
`

const options = {
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

// What the module prints while it is loaded must not get between the lines of a document.
globalThis.console = new Console(process.stderr)

const { text, code } = await outcome(process.argv.slice(2))
// The module may have opened a database; nobody is going to close it, and nothing was asked of it.
if (code === 0) process.stdout.write(text, () => process.exit(0))
else process.stderr.write(text, () => process.exit(code))

async function outcome(argv: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  try {
    return { text: await run(argv), code: 0 }
  } catch (error) {
    if (error instanceof UsageError) {
      return { text: `gatewright: ${error.message}. See gatewright --help\n`, code: 2 }
    }
    if (error instanceof CommandError) return { text: `gatewright: ${error.message}\n`, code: 1 }
    throw error
  }
}

async function run(argv: readonly string[]): Promise<string> {
  const { values, positionals } = parsed(argv)
  if (values.help === true) return help
  if (values.version === true) return `${version()}\n`
  const [command, module, ...rest] = positionals
  if (command === undefined) throw new UsageError('say what to do: openapi or routes')
  if (command !== 'openapi' && command !== 'routes') {
    throw new UsageError(`there is no command ${JSON.stringify(command)}`)
  }
  if (module === undefined) throw new UsageError(`${command} needs a module, for example src/app.ts`)
  if (rest.length > 0) throw new UsageError(`${command} takes one module, not ${rest.length + 1}`)
  const foreign = command === 'openapi' ? 'json' : 'output'
  if (values[foreign] !== undefined) throw new UsageError(`${command} has no option --${foreign}`)
  return command === 'openapi' ? openapi(module, values.output) : routes(module, values.json === true)
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (cause) {
    const [sentence = ''] = cause instanceof Error ? cause.message.split('. ') : []
    throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`, { cause })
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
