/** Gets the application out of a module of the user's. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Api } from '../api/api.ts'
import { CommandError } from './command-error.ts'

/**
 * Imports a module and answers the application it exports as `app`, or by default. TypeScript is run as it stands.
 *
 * @throws {CommandError} When there is no such file, it cannot be loaded, or it exports no application.
 */
export async function loadApp(module: string): Promise<Api> {
  const file = resolve(module)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CommandError(`there is no file ${module}`)
  }
  const exported = await imported(module, file)
  for (const name of ['app', 'default']) {
    const value = exported[name]
    if (isApi(value)) return value
  }
  throw new CommandError(`${module} exports no application: it needs an \`export const app = api()…\``)
}

async function imported(module: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new CommandError(`${module} could not be loaded: ${line}`, { cause })
  }
}

/** Told by its shape: the module may have another copy of this package than the command. */
function isApi(value: unknown): value is Api {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['openapi', 'routes', 'fetch'].every(
      (name) => typeof (value as Record<string, unknown>)[name] === 'function',
    )
  )
}
