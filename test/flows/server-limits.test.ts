/** Rate limits over HTTP: who is loud is slowed, on all instances together, and nobody else is. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { basicHeader, grantServer, otherSecret } from '../setup/grant-server.ts'
import type { Answer, GrantServer, Sent } from '../setup/grant-server.ts'

const form = { grant_type: 'client_credentials' }

function expectSlowed(answer: Answer): void {
  expect(answer.status).toBe(429)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(answer.headers.get('content-type')).toMatch(/json/)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.text).not.toContain('access_token')
}

describe.each(dialects)('rate limits on %s', (dialect) => {
  async function statuses(place: GrantServer, count: number, sent: Sent): Promise<number[]> {
    const all: number[] = []
    for (let index = 0; index < count; index++)
      all.push((await place.post(form, { as: 'WEB', ...sent })).status)
    return all
  }

  test('SECURITY 285, 286: a client that asks too often from one address is told when to come back', async () => {
    const place = await grantServer(dialect, { rateLimits: { token: { points: 5, seconds: 60 } } })
    const twin = await place.twin()
    const address = '192.0.2.1'
    expect(await statuses(place, 3, { address })).toEqual([200, 200, 200])
    expect(await statuses(twin, 2, { address })).toEqual([200, 200])
    const slowed = await place.post(form, { as: 'WEB', address })
    expectSlowed(slowed)
    for (const path of [
      '//token',
      '/token/',
      '/./token',
      '/x/../token',
      '/%74oken',
      '/TOKEN',
      '/token?x=1',
    ]) {
      expect([429, 404]).toContain((await twin.post(form, { as: 'WEB', address, path })).status)
    }
    expect(await statuses(place, 1, { address: '192.0.2.2' })).toEqual([200])
    expect(await statuses(place, 1, { address, as: 'ODD' })).toEqual([200])
    place.pass(Number(slowed.headers.get('retry-after')))
    expect(await statuses(place, 1, { address })).toEqual([200])
  })

  test('SECURITY 285: a request that is refused counts as well, and takes no code away', async () => {
    const place = await grantServer(dialect, { rateLimits: { token: { points: 3, seconds: 60 } } })
    const code = await place.authorize('WEB', await place.account())
    const address = '192.0.2.1'
    for (let count = 0; count < 3; count++) {
      expect(
        (await place.post({ grant_type: 'authorization_code', code: 'x' }, { as: 'WEB', address })).status,
      ).toBe(400)
    }
    expectSlowed(await place.post(code.form, { as: 'WEB', address }))
    place.pass(20)
    expect((await place.post(code.form, { as: 'WEB', address })).status).toBe(200)
  })

  test('SECURITY 87: wrong secrets are slowed, and the right one works from elsewhere', async () => {
    const place = await grantServer(dialect)
    const wrong = { authorization: basicHeader('WEB', otherSecret), address: '192.0.2.1' }
    const all = await statuses(place, 200, wrong)
    expect(all.filter((status) => status === 401)).toHaveLength(20)
    expect(all.slice(20).every((status) => status === 429)).toBe(true)
    expectSlowed(await place.post(form, wrong))
    expectSlowed(await place.post(form, { as: 'WEB', address: '192.0.2.1' }))
    expect(await statuses(place, 1, { address: '192.0.2.2' })).toEqual([200])
    expect(await statuses(place, 1, { as: 'ODD', address: '192.0.2.1' })).toEqual([200])
    place.pass(60)
    expect(await statuses(place, 1, { address: '192.0.2.1' })).toEqual([200])
  })

  test('SECURITY 282: parallel failures on two instances are all counted', async () => {
    const place = await grantServer(dialect, {
      rateLimits: { clientFailures: { points: 200, seconds: 600 } },
    })
    const twin = await place.twin()
    const wrong = { authorization: basicHeader('WEB', otherSecret), address: '192.0.2.1' }
    const answers = await Promise.all(
      Array.from({ length: 199 }, (_, index) => (index % 2 === 0 ? place : twin).post(form, wrong)),
    )
    expect(answers.every(({ status }) => status === 401)).toBe(true)
    expect(await statuses(place, 1, { address: '192.0.2.1' })).toEqual([200])
    expect((await twin.post(form, wrong)).status).toBe(401)
    expectSlowed(await place.post(form, wrong))
  })

  test('SECURITY 283: one caller has one key, however the address is spelled or varied', async () => {
    const place = await grantServer(dialect, { rateLimits: { token: { points: 3, seconds: 600 } } })
    const households = [
      [
        '2001:db8:1:2::1',
        '2001:DB8:1:2:aaaa:bbbb:cccc:dddd',
        '2001:0db8:0001:0002::9%eth0',
        '2001:db8:1:2:ffff::',
      ],
      ['192.0.2.9', '::ffff:192.0.2.9', '::FFFF:192.0.2.9', '192.0.2.9'],
    ]
    for (const addresses of households) {
      const all: number[] = []
      for (const address of addresses) all.push(...(await statuses(place, 1, { address })))
      expect(all).toEqual([200, 200, 200, 429])
    }
    expect(await statuses(place, 1, { address: '2001:db8:1:3::1' })).toEqual([200])
    const headers = {
      'x-forwarded-for': '198.51.100.1',
      forwarded: 'for=198.51.100.1',
      'x-real-ip': '198.51.100.1',
    }
    expect(await statuses(place, 1, { address: '192.0.2.9', headers })).toEqual([429])
  })

  test('SECURITY 287: what is counted goes away when it means nothing any more, and the loud one stays slowed', async () => {
    const place = await grantServer(dialect, { rateLimits: { token: { points: 3, seconds: 60 } } })
    for (let index = 0; index < 200; index++) await statuses(place, 1, { address: `198.51.100.${index}` })
    place.pass(59)
    expect(await statuses(place, 4, { address: '192.0.2.1' })).toEqual([200, 200, 200, 429])
    place.pass(1)
    expect(await place.open.store.purge(place.now())).toBeGreaterThanOrEqual(200)
    expect(await place.open.store.purge(place.now())).toBe(0)
    expect(await statuses(place, 1, { address: '192.0.2.1' })).toEqual([429])
  })
})
