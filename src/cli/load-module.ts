/** Gets an application or an authorization server out of a module of the user's. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Api } from '../api/api.ts'
import type { AuthorizationServer } from '../server/authorization-server.ts'
import { CommandError } from './command-error.ts'

/** What commands look for in a module. */
export interface Exported {
  /** Exported as `app`, or by default. */
  readonly app: Api | undefined
  /** Exported as `server`, or by default. */
  readonly server: AuthorizationServer | undefined
}

/**
 * Imports a module. TypeScript is run as it stands.
 *
 * @throws {CommandError} When there is no such file, or it cannot be loaded.
 */
export async function loadModule(module: string): Promise<Exported> {
  const file = resolve(module)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CommandError(`there is no file ${module}`)
  }
  const { app, server, default: byDefault } = await imported(module, file)
  return {
    app: [app, byDefault].find(isApi),
    server: [server, byDefault].find(isServer),
  }
}

/** @throws {CommandError} Also when the module exports no application. */
export async function loadApp(module: string): Promise<Api> {
  const { app } = await loadModule(module)
  if (app !== undefined) return app
  throw new CommandError(`${module} exports no application: it needs an \`export const app = api()…\``)
}

/** @throws {CommandError} Also when the module exports no authorization server. */
export async function loadServer(module: string): Promise<AuthorizationServer> {
  const { server } = await loadModule(module)
  if (server !== undefined) return server
  throw new CommandError(
    `${module} exports no authorization server: it needs an \`export const server = authorizationServer({…})\``,
  )
}

async function imported(module: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new CommandError(`${module} could not be loaded: ${line}`, { cause })
  }
}

/** Both are told by their shape: the module may have another copy of this package than the command. */
function isApi(value: unknown): value is Api {
  return hasFunctions(value, ['openapi', 'routes', 'fetch'])
}

function isServer(value: unknown): value is AuthorizationServer {
  return hasFunctions(value, ['open', 'bearer', 'close']) && 'issuer' in value && 'app' in value
}

function hasFunctions(value: unknown, names: readonly string[]): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}
