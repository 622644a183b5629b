/**
 * gatewright's authorization server beside an API in one process, as its README has it. Its limits count and its audit log
 * is written; only the limit of token requests is so high that it is never reached.
 */

import { api, query, security } from 'gatewright'
import { authorizationServer } from 'gatewright/server'
import { algorithm, audience, issuer, options, ready } from '../common.mjs'
import { challenge, client, connections, databaseUrl, lifetimes, many, scopes } from './given.mjs'

const server = authorizationServer({
  issuer,
  database: { url: databaseUrl, connections },
  secretKey: 'only for the bench: 32 characters and more',
  scopes,
  resources: { [audience]: {} },
  keys: { algorithm },
  lifetimes: { accessToken: lifetimes.accessToken, code: lifetimes.code },
  rateLimits: { token: { points: 1_000_000_000, seconds: 1 }, login: { points: 1_000_000, seconds: 300 } },
  clients: [
    {
      id: client.id,
      secret: client.secret,
      redirectUris: [client.redirectUri],
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
      firstParty: true,
      clientCredentialsScopes: Object.keys(scopes),
    },
  ],
})
const open = await server.open()
const password = 'correct horse battery staple'
/** Whose codes they are. */
let subject

async function newAccount(username) {
  return (await open.accounts.create({ username, password, scopes: Object.keys(scopes) })).id
}

/** Who log in. */
for (let at = 0; at < (options.people ?? 0); at++) await newAccount(`person-${at}`)

async function mint() {
  subject ??= open.accounts.find('alice').then((found) => found?.id ?? newAccount('alice'))
  const pending = await open.interaction.begin([
    ['response_type', 'code'],
    ['client_id', client.id],
    ['redirect_uri', client.redirectUri],
    ['scope', Object.keys(scopes).join(' ')],
    ['code_challenge', challenge],
    ['code_challenge_method', 'S256'],
  ])
  const { location } = await open.interaction.approve(pending, {
    subject: await subject,
    authTime: Date.now(),
  })
  return new URL(location).searchParams.get('code')
}

/** No library for schemas: an authorization server needs none, and nobody beside it loads one. */
const number = {
  '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: Number(value) }) },
}

const auth = server.bearer()
const app = api({ title: 'Bench', docs: false })
  .mount(server)
  .get('/me', { token: security(auth, ['items:read']) }, ({ token }) => ({ subject: token.subject }))
  .post('/mint', { count: query(number) }, ({ count }) => many(count, mint))

const { port } = await app.listen({ port: 0, hostname: '127.0.0.1' })
ready(port, { token: '/token', jwks: '/jwks' })
