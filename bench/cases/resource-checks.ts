/** Every answer that an API with these two routes owes, asked of a contender before it is measured. */

import assert from 'node:assert/strict'
import type { Running } from '../harness/contender.ts'
import { spoilt } from '../harness/tokens.ts'
import type { Claims } from '../harness/tokens.ts'

type Make = (claims?: Claims, header?: Claims) => string

/** Throws for the first wrong answer. Answers what is missing, though the decision was right. */
export async function checkResource(running: Running, make: Make): Promise<readonly string[]> {
  const notes = new Set<string>()
  const good = make({ sub: 'alice' })
  const me = await get(good)
  assert.equal(me.status, 200, `a good token: ${me.status}`)
  assert.deepEqual(await me.json(), { subject: 'alice', scopes: ['items:read', 'items:write'] })
  assert.equal((await get(good)).status, 200)

  const now = Math.floor(Date.now() / 1000)
  const [head, body] = good.split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
  const other = Buffer.from(JSON.stringify({ sub: 'root', exp: now + 1000 })).toString('base64url')
  const bad = {
    'no token': undefined,
    'a changed signature': spoilt(good),
    'a changed payload': `${head}.${other}.${good.split('.')[2]}`,
    'alg none': `${none}.${body}.`,
    'an expired token': make({ exp: now - 1000 }),
    'another issuer': make({ iss: 'https://evil.example' }),
    'another audience': make({ aud: 'https://other.example' }),
    garbage: 'garbage',
    'two dots': '..',
  }
  for (const [what, token] of Object.entries(bad)) {
    const refused = await get(token)
    assert.equal(refused.status, 401, `${what}: ${refused.status}`)
    if (!refused.headers.has('www-authenticate')) notes.add('401 without WWW-Authenticate')
  }
  const poor = await get(make({ scope: 'items:write' }))
  assert.equal(poor.status, 403, `without the scope: ${poor.status}`)

  const item = { name: 'Lamp', price: 12.5, tags: ['new'] }
  const made = await post(good, item)
  assert.equal(made.status, 201, `a good item: ${made.status}`)
  assert.deepEqual(await made.json(), { ...item, owner: 'alice' })
  for (const [what, wrong] of Object.entries({
    'no name': { price: 1 },
    'a price in words': { name: 'Lamp', price: '12' },
    'a negative price': { name: 'Lamp', price: -1 },
    'a tag for a list': { name: 'Lamp', price: 1, tags: 'new' },
    'a list': [],
  })) {
    const { status } = await post(good, wrong)
    assert.ok(status === 422 || status === 400, `${what}: ${status}`)
  }
  assert.equal((await post(make({ scope: 'items:read' }), item)).status, 403)
  return [...notes]

  function get(token: string | undefined): Promise<Response> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return fetch(`${running.origin}/me`, { headers })
  }

  function post(token: string, value: unknown): Promise<Response> {
    return fetch(`${running.origin}/items`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(value),
    })
  }
}
