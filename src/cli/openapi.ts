/** `gatewright openapi`: the OpenAPI document of an application, for client generators and for review. */

import { writeFileSync } from 'node:fs'
import { CommandError } from './command-error.ts'
import { loadApp } from './load-app.ts'

/**
 * Makes the document.
 *
 * @param output A file to write it to, instead of answering it.
 * @throws {CommandError} When there is no application, its routes contradict each other, or the file cannot be written.
 */
export async function openapi(module: string, output: string | undefined): Promise<string> {
  const app = await loadApp(module)
  const text = `${JSON.stringify(documentOf(app), undefined, 2)}\n`
  if (output === undefined) return text
  try {
    writeFileSync(output, text)
  } catch (cause) {
    const { code } = cause as { readonly code?: string }
    throw new CommandError(`${output} cannot be written (${code ?? 'unknown reason'})`, { cause })
  }
  return ''
}

function documentOf(app: Awaited<ReturnType<typeof loadApp>>): unknown {
  try {
    return app.openapi()
  } catch (cause) {
    throw new CommandError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
