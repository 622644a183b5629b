/** Kills a server under load again and again, starts it again, and counts what its clients and its database have lost. */

import { damage, openLedger, undamaged } from './ledger.ts'
import type { Damage } from './ledger.ts'
import { failpointNames } from './failpoints.ts'
import type { FailpointName } from './failpoints.ts'
import { hash, mintCode, present, redeem, refresh, serverOptions } from './parties.ts'
import type { Redemption, Reply } from './parties.ts'
import { prepareServer, startServer } from './running-server.ts'
import type { RunningServer, WaitingServer } from './running-server.ts'

/** What is killed, and how often. */
export interface KillOptions {
  readonly database: string
  readonly issuer: string
  readonly cycles: number
  /** A folder for what Node has compiled, so that a start costs less. */
  readonly compileCache: string
}

/** What came of it. */
export interface KillFigures extends Damage {
  readonly cycles: number
  /** Kills at each named point, and at random moments. */
  readonly kills: Readonly<Record<FailpointName | 'random', number>>
  /** Named points that the load did not come to. */
  readonly missed: number
  readonly redemptions: number
  readonly refreshes: number
  /** Requests whose answer the kill swallowed. */
  readonly unanswered: number
  /** Of these, codes that had been used up: the person has to log in again. */
  readonly lostCodes: number
  /** Of these, codes that were still good. */
  readonly recoveredCodes: number
  /** Of these, refreshes that succeeded when they were repeated. */
  readonly recoveredRefreshes: number
  readonly serverErrors: number
  /** What a client met that it should not have, in words. */
  readonly complaints: readonly string[]
}

/** A client of one person: it logs in once, and refreshes whenever it can. */
interface Session {
  redemption: Redemption | undefined
  refreshToken: string | undefined
}

/** The clock of the servers stands: how slow this machine restarts them does not close the retry window. */
const clock = { at: Date.now(), speed: 0 }

/** How many clients put load on a victim: new ones that come with a code, and old ones that refresh. */
const load = { fresh: 5, old: 5 }

/** Runs the cycles. Half of the kills are at random moments, half at named points in turn. */
export async function killCycles(setup: KillOptions): Promise<KillFigures> {
  const options = serverOptions(setup.database, setup.issuer)
  const environment = { NODE_COMPILE_CACHE: setup.compileCache }
  const config = { options, clock }
  await using survivor = await startServer(config, environment)
  await using ledger = await openLedger(setup.database)
  const subject = await survivor.call('createUser', 'anna', ['read'])

  const kills: Record<FailpointName | 'random', number> = {
    random: 0,
    'after-begin': 0,
    'after-consumption': 0,
    'after-insert': 0,
    'before-commit': 0,
    'after-commit': 0,
    'before-answer': 0,
  }
  const sums = {
    missed: 0,
    redemptions: 0,
    refreshes: 0,
    unanswered: 0,
    lostCodes: 0,
    recoveredCodes: 0,
    recoveredRefreshes: 0,
    serverErrors: 0,
  }
  const complaints: string[] = []
  const total: { -readonly [Name in keyof Damage]: number } = { ...undamaged }
  const sessions: Session[] = []

  const seen = (reply: Reply): Reply => {
    if (reply.status >= 500) sums.serverErrors += 1
    return reply
  }
  const complain = (about: string, reply: Reply): void => {
    complaints.push(`${about}: ${reply.status} ${reply.text.slice(0, 200)}`)
  }

  /** One step of a client: a login, or a refresh. `undefined` when nobody answered. */
  async function step(session: Session, servers: readonly RunningServer[]): Promise<Reply | undefined> {
    const { redemption, refreshToken } = session
    const asked = servers.map((server) =>
      redemption === undefined ? refresh(server, refreshToken ?? '') : redeem(server, redemption),
    )
    const replies = (await Promise.allSettled(asked)).flatMap((result) =>
      result.status === 'fulfilled' ? [seen(result.value)] : [],
    )
    const good = replies.filter(({ status }) => status === 200)
    // Of several answers to one refresh all are the same, of several to one code there is one.
    if (new Set(good.map(({ text }) => text)).size > 1) complaints.push('Two different answers are good')
    if (redemption !== undefined && good.length > 1) complaints.push('A code was good twice')
    return good[0] ?? (replies.length === asked.length ? replies[0] : undefined)
  }

  function accept(session: Session, reply: Reply): void {
    if (session.redemption === undefined) sums.refreshes += 1
    else sums.redemptions += 1
    session.redemption = undefined
    session.refreshToken = reply.body.refresh_token
  }

  /** Goes on until the victim does not answer any more. */
  async function work(session: Session, victim: RunningServer): Promise<void> {
    for (;;) {
      // Now and then a client is impatient and asks the other process as well.
      const servers = Math.random() < 0.2 ? [victim, survivor] : [victim]
      const reply = await step(session, servers)
      if (reply === undefined) {
        sums.unanswered += 1
        return
      }
      if (reply.status !== 200) return complain('A client that did nothing wrong was refused', reply)
      accept(session, reply)
    }
  }

  /** What a client does when the server is back: it asks the same again. */
  async function recover(session: Session, server: RunningServer): Promise<boolean> {
    const { redemption } = session
    const reply = await step(session, [server])
    if (reply?.status === 200) {
      if (redemption === undefined) sums.recoveredRefreshes += 1
      else sums.recoveredCodes += 1
      accept(session, reply)
      return true
    }
    if (redemption !== undefined && reply?.body.error === 'invalid_grant') {
      // It is spent, then, and somebody would have had its tokens: there is one family of it, alive.
      const alive = await ledger.count(
        `select count(*) from gatewright_codes k join gatewright_families f on f.id = k.family_id
         join gatewright_refresh_tokens r on r.family_id = f.id
         where k.hash = '${hash(redemption.code)}' and r.used_at is null and f.revoked_at is null`,
      )
      if (alive !== 1) complaints.push(`A refused code has ${alive} families`)
      sums.lostCodes += 1
      return false
    }
    if (reply === undefined) complaints.push('The server did not come back')
    else complain('A client did not recover', reply)
    return false
  }

  async function inspect(): Promise<void> {
    const found = await damage(ledger)
    for (const name of Object.keys(total) as (keyof Damage)[])
      total[name] = Math.max(total[name], found[name])
  }

  let next: Promise<WaitingServer> = prepareServer(environment)
  let stranded: Session[] = []
  try {
    for (let cycle = 0; cycle < setup.cycles; cycle += 1) {
      const victim = await (await next).start(config)
      next = prepareServer(environment)
      // The restarted process answers those whom the one before left without an answer.
      const outcomes = await Promise.all(stranded.map((session) => recover(session, victim)))
      sessions.push(...stranded.filter((_, index) => outcomes[index]))
      if (cycle % 5 === 0) await inspect()

      const fresh = await Promise.all(
        Array.from({ length: load.fresh }, async (): Promise<Session> => ({
          redemption: await mintCode(survivor, subject),
          refreshToken: undefined,
        })),
      )
      stranded = [...fresh, ...sessions.splice(0, load.old)]
      const point = cycle % 2 === 0 ? undefined : failpointNames[((cycle - 1) / 2) % failpointNames.length]
      if (point !== undefined) await victim.call('arm', { point, pass: 1 + Math.floor(Math.random() * 15) })
      const working = stranded.map((session) => work(session, victim))
      if (point === undefined) {
        await pause(Math.random() * 80)
        await victim.kill()
      } else {
        const isDead = await Promise.race([victim.gone.then(() => true), pause(20_000)])
        if (isDead !== true) sums.missed += 1
        await victim.kill()
      }
      kills[point ?? 'random'] += 1
      await Promise.all(working)
    }
    const outcomes = await Promise.all(stranded.map((session) => recover(session, survivor)))
    sessions.push(...stranded.filter((_, index) => outcomes[index]))
    await inspect()

    // Whoever was logged in still is.
    for (const session of sessions) {
      const reply = await step(session, [survivor])
      if (reply?.status !== 200) {
        complaints.push('A session did not survive')
        continue
      }
      if ((await present(survivor, reply.body.access_token ?? '')) !== 200) {
        complaints.push('The token of a survivor is refused')
      }
    }
  } finally {
    await (await next)[Symbol.asyncDispose]()
  }
  complaints.push(...(await survivor.call('reports')))
  return { cycles: setup.cycles, kills, ...sums, ...total, complaints }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}
