/** Starts the quick start: `npm start`. `PORT`, `HOST` and `DATABASE_URL` may say where. */

import { accessTokens } from 'gatewright'
import { accounts } from 'gatewright/server'
import { DatabaseError, openDatabase } from 'gatewright/store'
import { app } from './app.ts'
import { addDemoAccounts } from './demo-accounts.ts'
import { posts } from './posts.ts'
import type { PostsTables } from './posts.ts'
import { scopes } from './scopes.ts'
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
  const { port, hostname, databaseUrl } = readSettings(process.env)
  const database = await openDatabase<PostsTables>(databaseUrl)
  try {
    const users = await accounts({ database, scopes })
    const tokens = accessTokens({
      issuer: `http://localhost:${port}`,
      // A new key at each start: nothing secret lies in a file, and old tokens end with the process.
      secret: crypto.getRandomValues(new Uint8Array(32)),
      lifetime: 3600,
      scopes,
    })
    const login = await addDemoAccounts(users)
    const { access_token: token } = await tokens.issue(login)

    const service = app({ users, tokens, posts: await posts(database) }).onStop(() => database.close())
    const listener = await service.listen({ port, hostname }).catch((cause: unknown) => {
      throw new StartError(whyNot(cause, port), { cause })
    })
    console.log(welcome({ url: listener.url, databaseUrl, token }))

    let isStopping = false
    const stop = (): void => {
      if (isStopping) return
      isStopping = true
      void listener.close({ grace: 5 }).then(() => console.log('Stopped.'))
    }
    // A second Ctrl+C does not wait.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
    if (process.env['npm_lifecycle_event'] !== undefined) whenParentEnds(stop)
  } catch (error) {
    await database.close()
    throw error
  }
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
