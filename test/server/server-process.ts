/** One authorization server in a process of its own: it stands alone on one port, an API that it guards on another. */

import { pathToFileURL } from 'node:url'
import { security } from '../../src/api/security.ts'
import { api } from '../../src/api/api.ts'
import type { SentParameters } from '../../src/protocol/parameters.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer, OpenServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/settings.ts'
import { dieAt } from './failpoints.ts'
import type { Failpoint } from './failpoints.ts'

/** How the server of a process works. */
export interface ProcessConfig {
  readonly options: Omit<AuthorizationServerOptions, 'now' | 'report' | 'onAudit'>
  /** Free unless told. */
  readonly port?: number
  /** A clock that stands at this moment until it is moved, in milliseconds since 1970; the real one unless told. */
  readonly clock?: number
}

/** What the parent may ask for. */
export interface ProcessMethods {
  start(config: ProcessConfig): Promise<{ readonly url: string; readonly api: string }>
  createUser(username: string, scopes: readonly string[]): Promise<string>
  /** A person agrees to a request at once: where the browser goes. */
  authorize(parameters: SentParameters, subject: string): Promise<string>
  /** Moves the standing clock, in milliseconds. */
  advance(by: number): Promise<void>
  /** From now on the process kills itself there. */
  arm(failpoint: Failpoint): Promise<void>
  rotateKeys(): Promise<string>
  keyIds(): Promise<readonly string[]>
  /** What was reported as an error that nobody waits for. */
  reports(): Promise<readonly string[]>
  stop(): Promise<void>
}

let server: AuthorizationServer | undefined
let offset = 0
const reports: string[] = []
const closing: (() => Promise<void>)[] = []

const opened = (): Promise<OpenServer> => {
  if (server === undefined) throw new Error('The server was not started')
  return server.open()
}

const methods: ProcessMethods = {
  async start({ options, port = 0, clock }) {
    const started: AuthorizationServer = authorizationServer({
      ...options,
      report: (error) => reports.push(String(error)),
      ...(clock === undefined ? {} : { now: () => clock + offset }),
    })
    server = started
    await started.open()
    const { app } = started
    const listener = await app.listen({ port })
    const guarded = api({ title: 'Guarded', docs: false }).get(
      '/me',
      { token: security(started.bearer(), ['read']) },
      ({ token }) => ({ subject: token.subject }),
    )
    const guardedListener = await guarded.listen({ port: 0 })
    closing.push(
      () => listener.close({ grace: 1 }),
      () => guardedListener.close({ grace: 1 }),
      () => started.close(),
    )
    return { url: listener.url, api: guardedListener.url }
  },
  async createUser(username, scopes) {
    const { accounts } = await opened()
    const account = await accounts.create({ username, password: `the password of ${username}`, scopes })
    return account.id
  },
  async authorize(parameters, subject) {
    const { interaction } = await opened()
    const pending = await interaction.begin(parameters)
    return interaction.approve(pending, { subject, authTime: Date.now() + offset })
  },
  async advance(by) {
    offset += by
  },
  async arm(failpoint) {
    dieAt(failpoint)
  },
  async rotateKeys() {
    return (await opened()).keys.rotate()
  },
  async keyIds() {
    return (await (await opened()).keys.jwks()).keys.map(({ kid }) => String(kid))
  },
  async reports() {
    return reports
  },
  async stop() {
    for (const close of closing.splice(0)) await close()
  },
}

/** What the parent sends. */
export interface Call {
  readonly id: number
  readonly method: keyof ProcessMethods
  readonly values: readonly unknown[]
}

/** What it gets. */
export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

async function answerTo({ id, method, values }: Call): Promise<Answer> {
  try {
    const call = methods[method] as (...given: readonly unknown[]) => Promise<unknown>
    return { id, value: await call(...values) }
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // A parent that is gone takes its servers along.
  process.on('disconnect', () => process.exit())
  process.on('message', (call: Call) => void answerTo(call).then((answer) => process.send?.(answer)))
  process.send?.({ id: 0 } satisfies Answer)
}
