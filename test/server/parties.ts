/** Who takes part: the options of a server under test, its clients, and requests as simple as they can be. */

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { ClientDefinition } from '../../src/server/clients.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { RunningServer } from './running-server.ts'

export const redirectUri = 'https://client.example/callback'

/** The secrets of the clients, as their owners have them. */
export const secrets = {
  web: 'web secret: forty characters, all guessable',
  machine: 'machine secret: forty characters, guessable',
  post: 'post secret: forty characters, all guessable',
  files: 'files secret: forty characters, all guessable',
} as const

/** An API whose access tokens are references. */
export const filesResource = 'https://files.example/api'

/** The key of the client `signer`. */
export const assertionKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const people = {
  redirectUris: [redirectUri],
  grantTypes: ['authorization_code', 'refresh_token'],
} as const

/** A client of each kind. */
export const clients: readonly ClientDefinition[] = [
  { id: 'web', secret: secrets.web, ...people },
  { id: 'spa', tokenEndpointAuthMethod: 'none', ...people },
  {
    id: 'machine',
    secret: secrets.machine,
    grantTypes: ['client_credentials'],
    clientCredentialsScopes: ['read'],
  },
  {
    id: 'post',
    secret: secrets.post,
    tokenEndpointAuthMethod: 'client_secret_post',
    grantTypes: ['client_credentials'],
    clientCredentialsScopes: ['read', 'write'],
  },
  { id: 'files', secret: secrets.files, grantTypes: ['client_credentials'], introspects: [filesResource] },
  {
    id: 'tv',
    tokenEndpointAuthMethod: 'none',
    grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  },
  {
    id: 'signer',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [{ ...assertionKey.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' }] },
    grantTypes: ['client_credentials'],
    clientCredentialsScopes: ['read'],
  },
]

/** Options that a server under test has; no limit on how often something may be tried is reached. */
export function serverOptions(
  database: string,
  issuer: string,
): Omit<AuthorizationServerOptions, 'now' | 'report' | 'onAudit'> {
  const often = { points: 1_000_000, seconds: 60 }
  return {
    issuer,
    database,
    scopes: { read: 'Read', write: 'Write' },
    resources: { [issuer]: {}, [filesResource]: { accessTokens: 'reference' } },
    clients,
    rateLimits: {
      token: often,
      clientFailures: often,
      introspection: often,
      login: often,
      registration: often,
    },
  }
}

/** What an endpoint answered. */
export interface Reply {
  readonly status: number
  readonly text: string
  readonly body: TokenBody
}

/** What is read of an answer. */
export interface TokenBody {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly scope?: string
  readonly error?: string
}

/** Posts a form. */
export async function post(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, text, body: isJson ? (JSON.parse(text) as TokenBody) : {} }
}

/** What `spa` sends to redeem a code. */
export interface Redemption extends Readonly<Record<string, string>> {
  readonly code: string
  readonly code_verifier: string
}

/** Lets a person agree, and gives what `spa` then sends. */
export async function mintCode(
  server: RunningServer,
  subject: string,
  clientId = 'spa',
): Promise<Redemption> {
  const verifier = randomBytes(32).toString('base64url')
  const location = await server.call(
    'authorize',
    Object.entries({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'read',
      state: 'state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }),
    subject,
  )
  const code = new URL(location).searchParams.get('code')
  if (code === null) throw new Error(`There is no code in ${location}`)
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }
}

/** Redeems a code of `spa`. */
export function redeem(server: { readonly url: string }, redemption: Redemption): Promise<Reply> {
  return post(`${server.url}/token`, redemption)
}

/** Refreshes for `spa`. */
export function refresh(server: { readonly url: string }, token: string): Promise<Reply> {
  return post(`${server.url}/token`, { grant_type: 'refresh_token', client_id: 'spa', refresh_token: token })
}

/** What the guarded API says to an access token: 200 or 401. */
export async function present(server: { readonly api: string }, token: string): Promise<number> {
  const response = await fetch(`${server.api}/me`, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  return response.status
}

/** SHA-256 as the database has it. */
export function hash(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

/** Signs a JWT with ES256. */
export function jwt(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject,
): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'ES256', ...header })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
