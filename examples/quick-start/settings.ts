/** What the environment says: where to listen, and which database to use. */

/** Why the service does not start, in one sentence for the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

export interface Settings {
  readonly port: number
  readonly hostname: string
  readonly databaseUrl: string
}

/**
 * Reads the settings. An empty variable counts as unset.
 *
 * @throws StartError naming the variable and what would be right.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  if (environment['NODE_ENV'] === 'production') {
    throw new StartError('the quick start has known passwords, so it does not run with NODE_ENV=production.')
  }
  return {
    port: readPort(environment['PORT'] || '8000'),
    hostname: readHost(environment['HOST'] || 'localhost'),
    databaseUrl: environment['DATABASE_URL'] || 'file:quick-start.db',
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new StartError(`PORT must be a whole number from 0 to 65535, not ${JSON.stringify(text)}.`)
}

/** Only this machine: everybody knows the passwords. */
function readHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1')
  if (['localhost', '127.0.0.1', '::1'].includes(host)) return host
  throw new StartError(
    `HOST=${JSON.stringify(text)} may let other machines in, and the quick start has known passwords. ` +
      'Use localhost, 127.0.0.1 or ::1.',
  )
}
