/** Clients that registered themselves and were never used are taken away; those that were used stay. */

import { expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { dialects } from '../setup/database.ts'
import { bodyOf, issuer, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const day = 86_400_000

async function registered(at: World): Promise<string> {
  const answer = await at.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://dyn.test/cb'] }),
  })
  return String((await bodyOf(answer))['client_id'])
}

test.each(dialects)('SECURITY 151: on %s, thirty days are enough to be used once', async (dialect) => {
  const at = await world(dialect, { registration: { open: true } })
  const [used, unused] = [await registered(at), await registered(at)]
  const pending = await at.interaction.begin([
    ['client_id', used],
    ['response_type', 'code'],
    ['code_challenge', sha256Base64url(verifier)],
    ['code_challenge_method', 'S256'],
  ])
  await at.interaction.approve(pending, { subject: at.alice, authTime: at.clock.now })
  const left = async (): Promise<readonly boolean[]> => {
    for (let step = 0; step < 4; step++) await at.store.purge(at.clock.now)
    return [(await at.store.getClient(used)) !== undefined, (await at.store.getClient(unused)) !== undefined]
  }
  at.clock.now += 29 * day
  expect(await left()).toEqual([true, true])
  at.clock.now += 2 * day
  expect(await left()).toEqual([true, false])
  // Long after everything it was granted has ended, the one that was used is there still; those of the options are, too.
  at.clock.now += 400 * day
  expect(await left()).toEqual([true, false])
  expect(await at.store.listGrants({ clientId: used, limit: 10, now: at.clock.now })).toEqual([])
  expect(await at.store.getClient('web')).toBeDefined()
})
