/** An authorization server with clients of every kind, a person, and a clock to turn; for the tests of its endpoints. */

import { afterAll } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer, OpenServer } from '../../src/server/authorization-server.ts'
import type { AuditEvent } from '../../src/server/audit.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'

/** Where the server says it is. */
export const issuer = 'https://auth.test'
/** Two APIs: tokens for the first are JWTs, for the second references. */
export const apiA = 'https://a.test'
export const apiB = 'https://b.test'
/** What PKCE is done with in all flows. */
export const verifier = 'v'.repeat(64)

/** The secrets of the clients that have one. */
export const secrets: Readonly<Record<string, string>> = {
  web: 'web-secret-that-has-more-than-32-characters',
  web2: 'web2-secret-that-has-more-than-32-characters',
  machine: 'machine-secret-that-has-more-than-32-characters',
  'api-a': 'api-a-secret-that-has-more-than-32-characters',
  'api-b': 'api-b-secret-that-has-more-than-32-characters',
}

const scopes = { read: 'Read', write: 'Write', admin: 'Everything' }
const codeGrants = { grantTypes: ['authorization_code', 'refresh_token'] } as const

/** The options of the server, those of one test over them. */
export function serverOptions(database: string, more: Partial<AuthorizationServerOptions> = {}) {
  return {
    issuer,
    database,
    secretKey: 'a key that only this test knows, and long enough',
    scopes,
    resources: { [apiA]: { name: 'API A' }, [apiB]: { accessTokens: 'reference' } },
    clients: [
      {
        id: 'web',
        secret: secrets['web'] ?? '',
        redirectUris: ['https://web.test/cb', 'https://web.test/other'],
        ...codeGrants,
      },
      { id: 'web2', secret: secrets['web2'] ?? '', redirectUris: ['https://web2.test/cb'], ...codeGrants },
      {
        id: 'spa',
        tokenEndpointAuthMethod: 'none',
        redirectUris: ['https://spa.test/cb'],
        ...codeGrants,
      },
      { id: 'machine', secret: secrets['machine'] ?? '', clientCredentialsScopes: ['read'] },
      { id: 'api-a', secret: secrets['api-a'] ?? '', introspects: [apiA] },
      { id: 'api-b', secret: secrets['api-b'] ?? '', introspects: [apiB] },
    ],
    // The clock stands still, and so would the buckets.
    rateLimits: { token: { points: 100_000, seconds: 60 } },
    ...more,
  } as const satisfies AuthorizationServerOptions
}

/** What {@link World.tokens} can be told. */
export interface Wish {
  readonly scope?: string
  readonly resource?: string
  readonly grantId?: string
}

/** The tokens of one flow. */
export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** A running server and what tests do with it. */
export interface World extends OpenServer {
  readonly server: AuthorizationServer
  /** The account. */
  readonly alice: string
  /** The database. */
  readonly url: string
  readonly events: AuditEvent[]
  /** The clock, in milliseconds since 1970. */
  readonly clock: { now: number }
  /** Sends a form as a client: with its secret where it has one, with its id where not. */
  post(
    path: string,
    form: Form,
    clientId?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
  /** A full code flow with PKCE. */
  tokens(clientId: string, wish?: Wish): Promise<Tokens>
  /** The redirect of a client. */
  redirectUri(clientId: string): string
  refresh(clientId: string, token: string): Promise<Response>
}

/** A form as it is sent; a list repeats nothing it does not say. */
export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

const cleanUps: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** A server on a new database. */
export async function world(
  dialect: Dialect,
  more: Partial<AuthorizationServerOptions> = {},
): Promise<World> {
  const url = await freshDatabase(dialect)
  const clock = { now: Date.now() }
  const events: AuditEvent[] = []
  const options = serverOptions(url, {
    now: () => clock.now,
    onAudit: (event) => events.push(event),
    ...more,
  })
  const server = authorizationServer<typeof scopes>(options as AuthorizationServerOptions<typeof scopes>)
  cleanUps.push(() => server.close())
  const open = await server.open()
  const { id: alice } = await open.accounts.create({ username: 'alice', password: 'correct horse battery' })
  const post: World['post'] = (path, form, clientId, headers = {}) => {
    const secret = clientId === undefined ? undefined : secrets[clientId]
    const pairs = Array.isArray(form)
      ? (form as readonly (readonly [string, string])[])
      : Object.entries(form)
    const body = new URLSearchParams(pairs.map(([name, value]: readonly [string, string]) => [name, value]))
    if (clientId !== undefined && secret === undefined) body.append('client_id', clientId)
    return server.app.request(`${options.issuer}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(secret === undefined ? {} : { authorization: basic(clientId ?? '', secret) }),
        ...headers,
      },
      body: body.toString(),
    })
  }
  const redirectUri = (clientId: string): string => `https://${clientId}.test/cb`
  return {
    ...open,
    server,
    alice,
    url,
    events,
    clock,
    post,
    redirectUri,
    refresh: (clientId, token) =>
      post('/token', { grant_type: 'refresh_token', refresh_token: token }, clientId),
    async tokens(clientId, { scope = 'read write', resource = apiA, grantId } = {}) {
      const pending = await open.interaction.begin([
        ['client_id', clientId],
        ['redirect_uri', redirectUri(clientId)],
        ['response_type', 'code'],
        ['scope', scope],
        ['resource', resource],
        ['code_challenge', sha256Base64url(verifier)],
        ['code_challenge_method', 'S256'],
      ])
      const approval = { subject: alice, authTime: clock.now, ...(grantId === undefined ? {} : { grantId }) }
      const code =
        new URL((await open.interaction.approve(pending, approval)).location).searchParams.get('code') ?? ''
      const answer = await post(
        '/token',
        { grant_type: 'authorization_code', code, code_verifier: verifier },
        clientId,
      )
      if (answer.status !== 200) throw new Error(`No tokens: ${await answer.text()}`)
      return (await answer.json()) as Tokens
    },
  }
}

/** The header of a client with a secret. */
export function basic(id: string, secret: string): string {
  return `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`
}

/** What JSON an answer has. */
export async function bodyOf(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>
}
