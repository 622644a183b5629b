/** The server and the API it guards, over HTTP. There are no login pages yet: the test says yes in the person's place. */

import { createHash, randomBytes } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { app, server } from './authorization-server.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

let api: Served
const nightly = {
  authorization: `Basic ${btoa(`nightly:${encodeURIComponent('not a secret: it stands in an example')}`)}`,
}

beforeAll(async () => {
  api = await served(app)
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', password: 'correct horse battery staple', scopes: ['me'] })
})

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly scope: string
}

test('a program gets a token of its own and reads the reports, and nothing that is of people', async () => {
  const form = { grant_type: 'client_credentials', scope: 'reports:read' }
  const answer = await api.send('POST', '/token', { headers: nightly, form })
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'reports:read' } })
  const { access_token: token } = answer.body as Tokens
  expect(await api.send('GET', '/reports', { token })).toMatchObject({
    status: 200,
    body: { reader: 'nightly' },
  })
  expect((await api.send('GET', '/me', { token })).status).toBe(403)
  const beyond = { grant_type: 'client_credentials', scope: 'me' }
  expect(await api.send('POST', '/token', { headers: nightly, form: beyond })).toMatchObject({
    status: 400,
    body: { error: 'invalid_scope' },
  })
})

test('an app gets tokens for a person who agreed, refreshes them, and gives them back', async () => {
  const codeVerifier = randomBytes(32).toString('base64url')
  const { accounts, interaction } = await server.open()
  const pending = await interaction.begin([
    ['response_type', 'code'],
    ['client_id', 'web'],
    ['redirect_uri', 'https://app.example/callback'],
    ['scope', 'me'],
    ['state', 'what the app wants to know again'],
    ['code_challenge', createHash('sha256').update(codeVerifier).digest('base64url')],
    ['code_challenge_method', 'S256'],
  ])
  const { subject } = await accounts.authenticate({
    username: 'alice',
    password: 'correct horse battery staple',
  })
  const { location } = await interaction.approve(pending, { subject, authTime: Date.now() })
  const answer = new URL(location).searchParams
  expect(answer.get('state')).toBe('what the app wants to know again')
  expect(answer.get('iss')).toBe('http://localhost:8000')

  const redeeming = {
    grant_type: 'authorization_code',
    client_id: 'web',
    code: answer.get('code') ?? '',
    code_verifier: codeVerifier,
    redirect_uri: 'https://app.example/callback',
  }
  const first = (await api.send('POST', '/token', { form: redeeming })).body as Tokens
  const me = await api.send('GET', '/me', { token: first.access_token })
  expect(me).toMatchObject({ status: 200, body: { username: 'alice' } })
  expect((await api.send('GET', '/reports', { token: first.access_token })).status).toBe(403)

  const refreshing = { grant_type: 'refresh_token', client_id: 'web', refresh_token: first.refresh_token }
  const second = (await api.send('POST', '/token', { form: refreshing })).body as Tokens
  expect(second.refresh_token).not.toBe(first.refresh_token)
  expect((await api.send('GET', '/me', { token: second.access_token })).status).toBe(200)

  const form = { client_id: 'web', token: second.refresh_token }
  expect((await api.send('POST', '/revoke', { form })).status).toBe(200)
  const dead = { grant_type: 'refresh_token', client_id: 'web', refresh_token: second.refresh_token }
  expect(await api.send('POST', '/token', { form: dead })).toMatchObject({ body: { error: 'invalid_grant' } })
  expect((await api.send('GET', '/me', { token: second.access_token })).status).toBe(401)
})

test('a load balancer finds out whether requests should come here', async () => {
  expect(await api.send('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
})

test('clients and APIs find out what there is', async () => {
  expect(await api.send('GET', '/.well-known/oauth-authorization-server')).toMatchObject({
    body: { issuer: 'http://localhost:8000', token_endpoint: 'http://localhost:8000/token' },
  })
  const { keys } = (await api.send('GET', '/jwks')).body as { readonly keys: readonly unknown[] }
  expect(keys[0]).toMatchObject({ kty: 'EC', alg: 'ES256' })
  const refused = await api.send('GET', '/reports')
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('resource_metadata='),
  ])
})
