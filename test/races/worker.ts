/** A process that does what it is told to a grant store: redeem and rotate at a given moment, or work until it is killed. */

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../src/store/open.ts'
import { sqlGrantStore } from '../../src/store/sql/grant-store.ts'
import { issuedBy, rotationBy, startedBy } from './issue.ts'
import type { Order } from './order.ts'

const [, , url = ''] = process.argv
const database = await openDatabase({ url, connections: 10, statementTimeout: 30 })
const store = await sqlGrantStore(database, Date.now())
say({ ready: true })

for await (const line of createInterface({ input: process.stdin })) {
  // The cast: the lines come from `workers.ts`.
  await obey(JSON.parse(line) as Order)
}
await database.close()

async function obey(order: Order): Promise<void> {
  switch (order.do) {
    case 'race': {
      await sleep(Math.max(0, order.at - Date.now()))
      const tries = Array.from({ length: order.tries }, (_, index) =>
        attempt(order, `${order.name}-${index}`),
      )
      say({ answers: await Promise.all(tries) })
      return
    }
    case 'rotate until gone': {
      await sleep(Math.max(0, order.at - Date.now()))
      const chain = [order.hash]
      for (;;) {
        const hash = chain.at(-1) ?? ''
        const name = `${order.name}-${chain.length}`
        const answer = await store.rotateRefresh(hash, order.now, rotationBy(name, order))
        if (answer === 'rotated') chain.push(`${name}-refresh`)
        else if (answer === 'spent') {
          const successor = (await store.findRefresh(hash, order.now))?.successor
          if (successor === undefined) throw new Error('A spent token has a successor')
          chain.push(successor.hash)
        } else break
      }
      say({ chain })
      return
    }
    case 'work':
      // Until somebody kills it.
      await Promise.all(Array.from({ length: order.loops }, (_, loop) => work(`${order.name}-${loop}`)))
  }
}

async function attempt(order: Order & { do: 'race' }, name: string): Promise<readonly [string, string]> {
  const { hash, now } = order
  switch (order.kind) {
    case 'code':
      return [name, await store.redeemCode(hash, now, issuedBy(name, order))]
    case 'device':
      return [name, await store.redeemDevice(hash, now, issuedBy(name, order))]
    case 'refresh':
      return [name, await store.rotateRefresh(hash, now, rotationBy(name, order))]
  }
}

async function work(name: string): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const me = `${name}-${turn}`
    const now = Date.now()
    const { grant, code } = startedBy(me, now)
    await store.saveCode(code, grant)
    const common = { grantId: grant.id, familyId: `${me}-family`, now }
    // What has been said was committed before, so it must be there for ever.
    if ((await store.redeemCode(code.hash, now, issuedBy(me, common))) === 'redeemed')
      say({ done: `${me}-refresh` })
    let hash = `${me}-refresh`
    for (let step = 1; step <= 4; step += 1) {
      const successor = `${me}.${step}`
      if ((await store.rotateRefresh(hash, now, rotationBy(successor, common))) !== 'rotated') break
      hash = `${successor}-refresh`
      say({ done: hash })
    }
  }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
