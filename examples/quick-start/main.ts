/** Starts the quick start: `npm start`. `PORT`, `HOST` and `DATABASE_URL` may say where. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { DatabaseError, openDatabase } from 'gatewright/store'
import { app } from './app.ts'
import { addDemoAccounts, writersToken } from './demo-accounts.ts'
import { posts } from './posts.ts'
import type { PostsTables } from './posts.ts'
import { server } from './server.ts'
import { readSettings, StartError } from './settings.ts'
import { welcome } from './welcome.ts'

try {
  await start()
} catch (error) {
  if (!(error instanceof StartError) && !(error instanceof DatabaseError)) throw error
  console.error(`Cannot start: ${error.message}`)
  process.exitCode = 1
}

async function start(): Promise<void> {
  const { hostname, databaseUrl, ...asked } = readSettings(process.env)
  // The address is in every token, so it has to be known before anybody listens there.
  const port = asked.port === 0 ? await freePort(hostname) : asked.port
  const issuer = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  const database = await openDatabase<PostsTables>(databaseUrl)
  const tokens = server({ issuer, database })
  try {
    const { accounts: users } = await tokens.open().catch((cause: unknown) => {
      // Keys under another secret key, a client of somebody else's: it says itself what is wrong.
      throw cause instanceof Error ? new StartError(cause.message, { cause }) : cause
    })
    await addDemoAccounts(users)
    const service = app({ server: tokens, users, posts: await posts(database) })
    const token = await writersToken(service)

    const listener = await service.listen({ port, hostname }).catch((cause: unknown) => {
      throw new StartError(whyNot(cause, port), { cause })
    })
    console.log(welcome({ url: issuer, databaseUrl, token }))

    let isStopping = false
    const stop = (): void => {
      if (isStopping) return
      isStopping = true
      void listener
        .close({ grace: 5 })
        .then(() => database.close())
        .then(() => console.log('Stopped.'))
    }
    // A second Ctrl+C does not wait.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
    if (process.env['npm_lifecycle_event'] !== undefined) whenParentEnds(stop)
  } catch (error) {
    await tokens.close()
    await database.close()
    throw error
  }
}

async function freePort(hostname: string): Promise<number> {
  const probe = createServer().listen(0, hostname)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

/** npm hands SIGTERM to the shell in between, which ends without telling us. */
function whenParentEnds(stop: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, 200).unref()
}

function whyNot(cause: unknown, port: number): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  const other = port === 8001 ? 8002 : 8001
  return message.startsWith('Port ') ? `${message}. Try another one: PORT=${other} npm start` : `${message}.`
}
