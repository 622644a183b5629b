/** oidc-provider, an issuer that others have written, on this computer. */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

/** The part of it that is used; it has no types of its own. */
interface Provider {
  /** Whether what a proxy says of the address is believed. */
  proxy: boolean
  callback(): (request: IncomingMessage, response: ServerResponse) => void
}

/** A running provider. */
export interface OidcIssuer {
  readonly issuer: string
  /** Where it listens. */
  readonly address: string
  /** What it answers a token request with. */
  token(
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>>
  /** Ends it. */
  stop(): void
  /** Revokes a token. */
  revoke(token: string): Promise<void>
}

/** Its API with JWTs, and the one with opaque tokens. */
export const jwtApi = 'https://jwt.api.test'
export const opaqueApi = 'https://opaque.api.test'

/** A client that acts for itself, and an API that asks. */
export const machine = { id: 'machine', secret: 'machine-secret-of-enough-characters' }
export const asking = { clientId: 'asking-api', clientSecret: 'api-secret-of-enough-characters' }

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing.splice(0)) close()
})

/**
 * Starts it.
 *
 * @param name What it calls itself, where something stands in front of it; its address unless told.
 */
export async function oidcIssuer(alg = 'RS256', name?: string): Promise<OidcIssuer> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  closing.push(stop)
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = name ?? address
  const client = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] }
  const untyped = 'oidc-provider'
  const { default: Provider } = (await import(untyped)) as {
    readonly default: new (issuer: string, configuration: object) => Provider
  }
  const provider = new Provider(issuer, {
    clients: [
      { ...client, client_id: machine.id, client_secret: machine.secret },
      { ...client, client_id: asking.clientId, client_secret: asking.clientSecret },
    ],
    // RS256 is what its clients get their ID tokens in.
    jwks: { keys: [await privateKey(alg), ...(alg === 'RS256' ? [] : [await privateKey('RS256')])] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'read write',
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: resource === opaqueApi ? 'opaque' : 'jwt',
          jwt: { sign: { alg } },
        }),
      },
    },
  })
  if (name !== undefined) provider.proxy = true
  server.on('request', provider.callback())
  const authorization = `Basic ${btoa(`${machine.id}:${machine.secret}`)}`
  const post = (path: string, form: Readonly<Record<string, string>>, headers = {}): Promise<Response> =>
    fetch(address + path, {
      method: 'POST',
      headers: { authorization, ...headers, ...(name && { 'x-forwarded-host': new URL(name).host }) },
      body: new URLSearchParams(form),
    })
  return {
    issuer,
    address,
    stop,
    async token(form, headers) {
      const answer = await post('/token', { grant_type: 'client_credentials', ...form }, headers)
      if (answer.status !== 200) throw new Error(`No token: ${await answer.text()}`)
      return (await answer.json()) as Record<string, unknown>
    },
    async revoke(token) {
      await post('/token/revocation', { token })
    },
  }
}

async function privateKey(alg: string): Promise<object> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey: key } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(key)), alg, use: 'sig', kid: `a key for ${alg}` }
}
