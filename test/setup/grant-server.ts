/** An authorization server as the tests of the grants see it: its clients, two APIs, a clock to turn, and requests over HTTP. */

import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { afterAll, expect } from 'vitest'
import { Outage, api, security } from '../../src/index.ts'
import type { Api } from '../../src/index.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer, OpenServer } from '../../src/server/authorization-server.ts'
import type { AuditEvent } from '../../src/server/audit.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { freshDatabase } from './database.ts'
import type { Dialect } from './database.ts'

export const issuer = 'http://localhost:8000'
export const apiA = 'https://a.test/'
export const apiB = 'https://b.test/'
/** Its tokens are references. */
export const apiC = 'https://c.test/'
export const webSecret = 'web-secret-of-at-least-32-characters'
export const otherSecret = 'other-secret-of-at-least-32-characters'
/** What breaks whoever forgets that Basic is form-encoded (RFC 6749 §2.3.1). */
export const oddSecret = 'odd:secret %+ü&=?/ of 32 characters and more'
export const password = 'correct horse battery staple'
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

const scopes = { read: 'Read', write: 'Write', admin: 'Everything' }
type Scope = keyof typeof scopes

/** A key pair of a client, or of a DPoP client. */
export interface KeyPair {
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export async function keyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, publicJwk: await exportJWK(publicKey) }
}

/** The key of the client KEY. */
export const clientKey: KeyPair = await keyPair()

const cb = (name: string): readonly string[] => [`https://${name}.test/cb`, `https://${name}.test/other`]
const code = ['authorization_code', 'refresh_token'] as const

const clients: NonNullable<AuthorizationServerOptions<typeof scopes>['clients']> = [
  {
    id: 'WEB',
    secret: webSecret,
    redirectUris: cb('web'),
    grantTypes: [...code, 'client_credentials'],
    clientCredentialsScopes: ['read'],
  },
  {
    id: 'POST',
    secret: otherSecret,
    tokenEndpointAuthMethod: 'client_secret_post',
    clientCredentialsScopes: ['read'],
  },
  { id: 'ODD', secret: oddSecret, clientCredentialsScopes: ['read'] },
  { id: 'SPA', redirectUris: cb('spa'), grantTypes: code, tokenEndpointAuthMethod: 'none' },
  { id: 'BARE', secret: otherSecret, redirectUris: cb('bare'), scopes: ['read', 'write'] },
  {
    id: 'KEY',
    jwks: { keys: [{ ...clientKey.publicJwk, kid: 'one' }] },
    redirectUris: cb('key'),
    grantTypes: [...code, 'client_credentials'],
    clientCredentialsScopes: ['read'],
  },
  {
    id: 'STRICT',
    jwks: { keys: [{ ...clientKey.publicJwk }] },
    strictAssertionAudience: true,
    clientCredentialsScopes: ['read'],
  },
  { id: 'EXEMPT', secret: otherSecret, redirectUris: cb('exempt'), pkceOptional: true },
  { id: 'BOUND', secret: otherSecret, dpopBoundAccessTokens: true, clientCredentialsScopes: ['read'] },
]

export type ServerOptions = Partial<AuthorizationServerOptions<typeof scopes>>

/** What a request may have besides its form. */
export interface Sent {
  readonly as?: keyof typeof authenticated | (string & {})
  readonly dpop?: string
  /** One of its own for each request unless told, so that no limit is in the way. */
  readonly address?: string
  readonly authorization?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly path?: string
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export type Form = Readonly<Record<string, string | readonly string[]>>

export interface GrantServer {
  readonly database: string
  readonly server: AuthorizationServer<Scope>
  readonly open: OpenServer
  readonly events: AuditEvent[]
  /** Errors that nobody foresaw. There must be none at the end: a test that makes one takes it away. */
  readonly reported: unknown[]
  /** Turns the clock on. */
  readonly pass: (seconds: number) => void
  readonly now: () => number
  readonly post: (form: Form | string, sent?: Sent) => Promise<Answer>
  /** Whom a token is to API-A, API-B, API-C: 200, 401 or 403. */
  readonly call: (
    token: unknown,
    which?: 'a' | 'b' | 'c',
    sent?: { dpop?: string; scheme?: string },
  ) => Promise<number>
  readonly account: (name?: string) => Promise<string>
  readonly authorize: (client: string, subject: string, wishes?: Wishes) => Promise<Code>
  /** A happy flow up to the tokens. */
  readonly tokens: (client: string, subject: string, wishes?: Wishes) => Promise<Answer>
  readonly twin: () => Promise<GrantServer>
}

/** What an authorization asks for. */
export interface Wishes {
  readonly scope?: string
  readonly resource?: string | readonly string[]
  readonly agreed?: readonly string[]
  readonly dpopJkt?: string
  readonly withoutPkce?: boolean
  readonly dpop?: string
}

export interface Code {
  readonly code: string
  readonly verifier: string
  readonly grantId: string
  /** The form that redeems it. */
  readonly form: Readonly<Record<string, string>>
}

const basic = (id: string, secret: string): Sent['authorization'] =>
  `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`

/** RFC 6749 appendix B */
function encoded(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2)
}

/** How each client authenticates, as headers. */
export const authenticated: Readonly<Record<string, string>> = {
  WEB: basic('WEB', webSecret) ?? '',
  ODD: basic('ODD', oddSecret) ?? '',
  BARE: basic('BARE', otherSecret) ?? '',
  EXEMPT: basic('EXEMPT', otherSecret) ?? '',
  BOUND: basic('BOUND', otherSecret) ?? '',
}

export function basicHeader(id: string, secret: string): string {
  return basic(id, secret) ?? ''
}

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Opens a server on a database of its own. */
export async function grantServer(dialect: Dialect, options: ServerOptions = {}): Promise<GrantServer> {
  const clock = { now: Date.now() }
  return serverOn(await freshDatabase(dialect), clock, options)
}

async function serverOn(
  database: string,
  clock: { now: number },
  options: ServerOptions,
): Promise<GrantServer> {
  const events: AuditEvent[] = []
  const reported: unknown[] = []
  const server = authorizationServer({
    issuer,
    database,
    scopes,
    resources: { [apiA]: {}, [apiB]: {}, [apiC]: { accessTokens: 'reference' } },
    onAudit: (event) => void events.push(event),
    report: (error) => void reported.push(error),
    now: () => clock.now,
    ...options,
    clients: [...clients, ...(options.clients ?? [])],
  })
  closing.push(async () => {
    await server.close()
    // How often an outage was met that a test has seen is told seconds later.
    const isCount = (error: unknown) => error instanceof Outage && error.times > 1
    expect(reported.filter((error) => !isCount(error))).toEqual([])
  })
  const open = await server.open()
  const guarded: Record<'a' | 'b' | 'c', Api> = {
    a: apiOf(server, apiA),
    b: apiOf(server, apiB),
    c: apiOf(server, apiC),
  }

  async function post(form: Form | string, sent: Sent = {}): Promise<Answer> {
    const { as, path = '/token', method = 'POST' } = sent
    const authorization = sent.authorization ?? (as === undefined ? undefined : authenticated[as])
    const isPublic = as !== undefined && authorization === undefined && typeof form !== 'string'
    const body = typeof form === 'string' ? form : formOf(isPublic ? { client_id: as, ...form } : form)
    const request = new Request(issuer + path, {
      method,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization === undefined ? {} : { authorization }),
        ...(sent.dpop === undefined ? {} : { dpop: sent.dpop }),
        ...sent.headers,
      },
      ...(method === 'GET' ? {} : { body }),
    })
    return answerOf(await server.app.fetch(request, { address: sent.address ?? someAddress() }))
  }

  async function authorize(client: string, subject: string, wishes: Wishes = {}): Promise<Code> {
    const verifier = randomBytes(32).toString('base64url')
    const [redirectUri = ''] = cb(client.toLowerCase())
    const pending = await open.interaction.begin([
      ['response_type', 'code'],
      ['client_id', client],
      ['redirect_uri', redirectUri],
      ['state', 'the-state'],
      ['scope', wishes.scope ?? 'read write'],
      ...[wishes.resource ?? []].flat().map((each) => ['resource', each] as const),
      ...(wishes.dpopJkt === undefined ? [] : [['dpop_jkt', wishes.dpopJkt] as const]),
      ...(wishes.withoutPkce === true
        ? [['nonce', 'a-nonce-of-the-client'] as const]
        : [['code_challenge', challengeOf(verifier)] as const, ['code_challenge_method', 'S256'] as const]),
    ])
    const before = events.length
    const { location } = await open.interaction.approve(pending, {
      subject,
      authTime: clock.now,
      ...(wishes.agreed === undefined ? {} : { scopes: wishes.agreed }),
    })
    const value = new URL(location).searchParams.get('code')
    expect(value).toMatch(/^gwc_/)
    const grantId = events.slice(before).find(({ type }) => type === 'code.issued')?.grantId ?? ''
    return {
      code: value ?? '',
      verifier,
      grantId,
      form: {
        grant_type: 'authorization_code',
        code: value ?? '',
        redirect_uri: redirectUri,
        ...(wishes.withoutPkce === true ? {} : { code_verifier: verifier }),
      },
    }
  }

  return {
    database,
    server,
    open,
    events,
    reported,
    pass: (seconds) => void (clock.now += seconds * 1000),
    now: () => clock.now,
    post,
    async call(token, which = 'a', { dpop, scheme = 'Bearer' } = {}) {
      const request = new Request(`https://${which}.test/me`, {
        headers: { authorization: `${scheme} ${String(token)}`, ...(dpop === undefined ? {} : { dpop }) },
      })
      return (await guarded[which].fetch(request)).status
    },
    async account(name = `user-${randomBytes(6).toString('hex')}`) {
      const account = await open.accounts.create({
        username: name,
        // One that was hashed before: hashing is not what is tested here.
        passwordHash: quickHash,
        scopes: ['read', 'write'],
      })
      return account.id
    },
    authorize,
    async tokens(client, subject, wishes = {}) {
      const { form } = await authorize(client, subject, wishes)
      const answer = await post(form, {
        as: client,
        ...(wishes.dpop === undefined ? {} : { dpop: wishes.dpop }),
      })
      expect(answer.body).toMatchObject({ access_token: expect.any(String) as string })
      expect(answer.status).toBe(200)
      return answer
    },
    twin: () => serverOn(database, clock, options),
  }
}

/** `correct horse battery staple`, as Django writes it with few rounds. */
const quickHash = djangoHash(password)

function djangoHash(text: string): string {
  const salt = 'saltsaltsaltsalt'
  return `pbkdf2_sha256$1000$${salt}$${pbkdf2Sync(text, salt, 1000, 32, 'sha256').toString('base64')}`
}

function apiOf(server: AuthorizationServer<Scope>, audience: string): Api {
  const auth = server.bearer({ audience })
  return api({ docs: false }).get('/me', { token: security(auth, ['read']) }, ({ token }) => token.subject)
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  let body: Readonly<Record<string, unknown>> = {}
  try {
    body = JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    // Left empty: what expects JSON sees it.
  }
  return { status: response.status, headers: response.headers, text, body }
}

function formOf(form: Form): string {
  const pairs = Object.entries(form).flatMap(([name, value]) => [value].flat().map((each) => [name, each]))
  return new URLSearchParams(pairs).toString()
}

export function someAddress(): string {
  return `10.${[...randomBytes(3)].join('.')}`
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** The claims of a JWT. */
export function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  return partOf(token, 1)
}

export function partOf(token: unknown, index: 0 | 1): Readonly<Record<string, unknown>> {
  const part = String(token).split('.')[index] ?? ''
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>
}

/** A DPoP proof, with faults where told. */
export async function proof(
  place: Pick<GrantServer, 'now'>,
  key: KeyPair,
  about: {
    readonly token?: unknown
    readonly url?: string
    readonly method?: string
    readonly header?: Readonly<Record<string, unknown>>
    readonly claims?: Readonly<Record<string, unknown>>
  } = {},
): Promise<string> {
  const claims = {
    jti: randomBytes(12).toString('hex'),
    htm: about.method ?? 'POST',
    htu: about.url ?? `${issuer}/token`,
    iat: Math.floor(place.now() / 1000),
    ...(about.token === undefined ? {} : { ath: challengeOf(String(about.token)) }),
    ...about.claims,
  }
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.publicJwk, ...about.header })
    .sign(key.privateKey)
}

/** A client assertion (RFC 7523), with faults where told. */
export async function assertion(
  place: Pick<GrantServer, 'now'>,
  client: string,
  faults: {
    readonly claims?: Readonly<Record<string, unknown>>
    readonly header?: Readonly<Record<string, unknown>>
    readonly key?: KeyPair
  } = {},
): Promise<Form> {
  const now = Math.floor(place.now() / 1000)
  const claims = {
    iss: client,
    sub: client,
    aud: issuer,
    jti: randomBytes(12).toString('hex'),
    iat: now,
    exp: now + 60,
    ...faults.claims,
  }
  const jwt = await new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader({ alg: 'ES256', ...faults.header })
    .sign((faults.key ?? clientKey).privateKey)
  return asserted(jwt)
}

export function asserted(jwt: string): Form {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
  }
}

/** A promise that it is refused so, and that nobody may keep the answer. */
export function expectRefusal(answer: Answer, error: string, status = 400): void {
  expect({ status: answer.status, error: answer.body['error'] }).toEqual({ status, error })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.body).not.toHaveProperty('access_token')
}
