/** Hearing of what other processes did, over a PostgreSQL connection of its own (`LISTEN`). */

import type { Client } from 'pg'
import type { Listening } from './database.ts'

/** The first wait before a new connection, in milliseconds; each failure doubles it. */
const firstDelay = 250
const longestDelay = 5000
/** How often a silent connection is tried, in milliseconds: one that was cut without a word looks alive. */
const heartbeat = 30_000

/**
 * Listens on a channel, and goes on doing so: a connection that is lost is made anew, and `onNotice` called then as well, as
 * nobody knows what was said meanwhile.
 *
 * @param connect Makes a client that is not connected yet.
 * @param channel A name in lower case, without anything that would need quotes.
 */
export function listening(connect: () => Client, channel: string, onNotice: () => void): Listening {
  let client: Client | undefined
  let lose: () => void = () => {}
  let isHearing = false
  let isStopped = false
  let delay = firstDelay
  let retry: ReturnType<typeof setTimeout> | undefined

  function start(): void {
    const mine = connect()
    client = mine
    const lost = (): void => {
      if (client !== mine) return
      client = undefined
      isHearing = false
      void ended(mine)
      if (isStopped) return
      retry = setTimeout(start, delay)
      retry.unref()
      delay = Math.min(delay * 2, longestDelay)
    }
    lose = lost
    mine.on('error', lost)
    mine.on('end', lost)
    mine.on('notification', onNotice)
    mine
      .connect()
      .then(() => mine.query(`listen ${channel}`))
      .then(() => {
        if (client !== mine) return
        // It waits as long as the process runs; the process does not run on for it. The driver's types forget this.
        const waiting = mine as Client & { readonly unref: () => void }
        waiting.unref()
        isHearing = true
        delay = firstDelay
        onNotice()
      })
      .catch(lost)
  }

  const beat = setInterval(() => {
    if (isHearing) client?.query('select 1').catch(lose)
  }, heartbeat)
  beat.unref()
  start()

  return {
    get isHearing() {
      return isHearing
    },
    async stop() {
      isStopped = true
      clearInterval(beat)
      clearTimeout(retry)
      const last = client
      client = undefined
      isHearing = false
      if (last !== undefined) await ended(last)
    },
  }
}

/** A connection that does not end by itself, as one that was cut, is not waited for. */
async function ended(client: Client): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, 1000)
  await Promise.race([client.end().catch(() => undefined), late])
  clearTimeout(timer)
}
