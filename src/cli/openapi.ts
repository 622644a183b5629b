/** `gatewright openapi`: the OpenAPI document of an application, for client generators and for review. */

import { writeFileSync } from 'node:fs'
import { command } from './command.ts'
import type { Command } from './command.ts'
import { asCommandError, CommandError } from './command-error.ts'
import { loadApp } from './load-module.ts'
import { json } from './terminal.ts'

/** Fails when there is no application, its routes contradict each other, or the file cannot be written. */
export const openapi: Command = command({
  words: 'openapi',
  summary: 'print the OpenAPI document',
  operands: [{ name: 'module', article: 'a', example: 'src/app.ts' }],
  options: { output: { kind: 'text', short: 'o', value: '<file>', help: 'write it to a file' } },
  notes: ['<module> is a JavaScript or TypeScript file that exports its application as `app`.'],
  examples: ['gatewright openapi src/app.ts --output openapi.json'],
  async run([module = ''], { output }) {
    const app = await loadApp(module)
    const text = documentOf(app)
    if (output === undefined) return text
    try {
      writeFileSync(output, text)
    } catch (cause) {
      const { code } = cause as { readonly code?: string }
      throw new CommandError(`${output} cannot be written (${code ?? 'unknown reason'})`, { cause })
    }
    return ''
  },
})

function documentOf(app: Awaited<ReturnType<typeof loadApp>>): string {
  try {
    return json(app.openapi())
  } catch (cause) {
    throw asCommandError(cause)
  }
}
