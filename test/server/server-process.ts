/** One authorization server in a process of its own: it stands alone on one port, an API that it guards on another. */

import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { api } from '../../src/api/api.ts'
import { security } from '../../src/api/security.ts'
import { privateJwk } from '../../src/crypto/signing-key.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { SentParameters } from '../../src/protocol/parameters.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer, OpenServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dieAt } from './failpoints.ts'
import type { Failpoint } from './failpoints.ts'

/** A clock that shows the right time at one moment, and goes its own way from there. Times in milliseconds since 1970. */
export interface Clock {
  readonly at: number
  /** How fast it goes: 0 stands until it is moved, 1 is real. */
  readonly speed: number
}

/** What a clock shows. */
export function timeOn({ at, speed }: Clock): number {
  return Math.floor(at + (Date.now() - at) * speed)
}

/** How the server of a process works. */
export interface ProcessConfig {
  readonly options: Omit<AuthorizationServerOptions, 'now' | 'report' | 'onAudit'>
  /** Free unless told. */
  readonly port?: number
  /** The real clock unless told. */
  readonly clock?: Clock
  /** Whether it has the pages for people. */
  readonly withPages?: boolean
}

/** What a process holds, in bytes. */
export interface Memory {
  /** Of the machine's memory. */
  readonly resident: number
  /** What is in use on the heap, after everything that nobody needs was thrown away. */
  readonly heap: number
}

/** What the parent may ask for. */
export interface ProcessMethods {
  start(config: ProcessConfig): Promise<{ readonly url: string; readonly api: string }>
  createUser(username: string, scopes: readonly string[]): Promise<string>
  /** A person agrees to a request at once: where the browser goes. */
  authorize(parameters: SentParameters, subject: string): Promise<string>
  /** A person types the code of a device and agrees. */
  approveDevice(userCode: string, subject: string): Promise<boolean>
  /** Moves the standing clock, in milliseconds. */
  advance(by: number): Promise<void>
  /** From now on the process kills itself there. */
  arm(failpoint: Failpoint): Promise<void>
  rotateKeys(): Promise<string>
  removeKey(id: string): Promise<boolean>
  keyIds(): Promise<readonly string[]>
  /** The private members of all signing keys, as base64url. */
  privateMembers(): Promise<readonly string[]>
  /** What was reported as an error that nobody waits for. */
  reports(): Promise<readonly string[]>
  memory(): Promise<Memory>
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
  async start({ options, port = 0, clock, withPages = false }) {
    const started: AuthorizationServer = authorizationServer({
      ...options,
      ...(withPages ? { pages: defaultPages() } : {}),
      report: (error) => reports.push(String(error)),
      ...(clock === undefined ? {} : { now: () => timeOn(clock) + offset }),
    })
    server = started
    await started.open()
    const { app } = started
    const listener = await app.listen({ port })
    const report = (error: unknown): void => void reports.push(String(error))
    const guarded = api({ title: 'Guarded', docs: false, report }).get(
      '/me',
      { token: security(started.bearer({ dangerouslyTrustHost: true }), ['read']) },
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
    return (await interaction.approve(pending, { subject, authTime: Date.now() + offset })).location
  },
  async approveDevice(userCode, subject) {
    const { devices } = await opened()
    const person = { subject, sessionId: `session of ${subject}`, authTime: Date.now() + offset }
    await devices.claim(userCode, person)
    return devices.approve(userCode, person)
  },
  async advance(by) {
    offset += by
  },
  async arm(failpoint) {
    dieAt(failpoint)
  },
  async removeKey(id) {
    return (await opened()).keys.remove(id)
  },
  async rotateKeys() {
    return (await opened()).keys.rotate()
  },
  async keyIds() {
    return (await (await opened()).keys.jwks()).keys.map(({ kid }) => String(kid))
  },
  async privateMembers() {
    const published = await (await opened()).keys.published()
    return published.map(({ key }) => (JSON.parse(JSON.stringify(privateJwk(key))) as { d: string }).d)
  },
  async reports() {
    return reports
  },
  async memory() {
    const resident = process.memoryUsage.rss()
    collectGarbage()
    return { resident, heap: process.memoryUsage().heapUsed }
  },
  async stop() {
    for (const close of closing.splice(0)) await close()
  },
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  // A new context has what the flag gives; this one was made before it.
  const collect = runInNewContext('gc') as () => void
  collect()
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
