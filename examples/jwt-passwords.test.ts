/** Sign-up, login and tokens that outlive a restart, over HTTP. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { dialects, freshDatabase, freshFolder } from '../test/setup/database.ts'
import { served } from './over-http.ts'

const password = 'correct horse battery staple'
const johndoe = { username: 'johndoe', name: 'John Doe', email: 'johndoe@example.com' }

async function start(database: string) {
  vi.stubEnv('DATABASE_URL', database)
  vi.stubEnv('SECRET', 'x'.repeat(32))
  vi.resetModules() // a fresh copy of the example is a restart
  const { app } = await import('./jwt-passwords.ts')
  return served(app)
}

test.each(dialects)('signs up, logs in and reads, also after a restart: %s', async (dialect) => {
  const database = await freshDatabase(dialect)
  const api = await start(database)
  const signedUp = await api.send('POST', '/users/', { json: { ...johndoe, password } })
  expect(signedUp).toMatchObject({ status: 201, body: johndoe })

  const answer = await api.send('POST', '/token', { form: { username: 'johndoe', password } })
  expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 1800 })
  const { access_token: token } = answer.body as { access_token: string }

  const restarted = await start(database)
  const me = await restarted.send('GET', '/users/me/', { token })
  expect(me).toMatchObject({ status: 200, body: johndoe })
  expect(Object.keys(me.body as object).toSorted()).toEqual(['email', 'name', 'username'])
  const items = await restarted.send('GET', '/users/me/items/', { token })
  expect(items.body).toEqual([{ item_id: 'Foo', owner: 'johndoe' }])
})

test('what does not fit is refused, and changes nothing', async () => {
  const api = await start(await freshDatabase('sqlite'))
  await api.send('POST', '/users/', { json: { ...johndoe, password } })

  const again = await api.send('POST', '/users/', { json: { username: 'JohnDoe', password: `${password}!` } })
  expect(again).toMatchObject({ status: 409, body: { detail: 'This username is taken' } })
  const short = await api.send('POST', '/users/', { json: { username: 'jane', password: 'short' } })
  expect(short.status).toBe(422)
  const wrong = await api.send('POST', '/users/', {
    json: { username: 'jane', password, email: 'no address' },
  })
  expect(wrong).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'email'] }] } })
  expect(JSON.stringify(wrong.body)).not.toContain(password)

  for (const [username, tried] of [
    ['johndoe', `${password}!`],
    ['jane', password],
  ] as const) {
    const answer = await api.send('POST', '/token', { form: { username, password: tried } })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  }
  expect(await api.logIn('johndoe', password)).toEqual(expect.any(String))
})

test('the database holds an argon2id hash, and neither the password nor a token', async () => {
  const file = join(await freshFolder(), 'app.db')
  const api = await start(`file:${file}`)
  await api.send('POST', '/users/', { json: { ...johndoe, password } })
  const token = await api.logIn('johndoe', password)
  const bytes = `${await readFile(file, 'latin1')}${await readFile(`${file}-wal`, 'latin1')}`
  expect(bytes).toContain('$argon2id$')
  expect(bytes).not.toContain(password)
  expect(bytes).not.toContain(token)
})

test('without a good token there is no account', async () => {
  const api = await start(await freshDatabase('sqlite'))
  for (const headers of [{}, { authorization: 'Bearer x' }] as Record<string, string>[]) {
    const answer = await api.send('GET', '/users/me/', { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  }
})
