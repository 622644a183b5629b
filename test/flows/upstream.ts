/** An OpenID provider as the tests need one: it does what is asked of it, and what an attacker's would do. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { JWTPayload } from 'jose'
import { afterAll } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'

/** The secret of the client at every provider. */
export const upstreamSecret = 'secret of the client at the other provider'

/** What it does otherwise than it should. */
export interface Misbehaviour {
  /** Of the ID token. */
  claims?: (claims: JWTPayload) => JWTPayload
  /** Signs with a key that is not published. */
  wrongKey?: boolean
  /** The whole answer of an endpoint. */
  answer?: Partial<Record<'discovery' | 'token' | 'jwks' | 'userinfo', (response: ServerResponse) => void>>
  /** Members of the document. */
  document?: Readonly<Record<string, unknown>>
  /** Of the answer to the browser; `null` leaves it out. */
  iss?: string | null
  /** Answers a browser that comes to its own page: where it is sent back. */
  page?: (location: string) => string
  /** Answers such a browser with a page of its own. */
  html?: (location: string) => string
  /** Whether a request for tokens comes from the client; one secret for all unless told. */
  isClient?: (form: URLSearchParams) => Promise<boolean>
  /** Every answer takes so long, in milliseconds. */
  delay?: number
  /** Issues tokens that end so soon, in seconds. */
  expiresIn?: number
}

/** Who logs in there. */
export interface UpstreamPerson {
  readonly sub: string
  readonly [claim: string]: unknown
}

interface Code {
  readonly person: UpstreamPerson
  readonly parameters: URLSearchParams
}

/** A running one. */
export interface Upstream {
  /** What it calls itself. */
  issuer: string
  /** Where it really is. */
  readonly origin: string
  does: Misbehaviour
  /** What came to the token endpoint. */
  readonly tokenRequests: URLSearchParams[]
  /** What came anywhere: the method, the path. */
  readonly requests: string[]
  /** The person logs in at the address that the browser was sent to. Answers where it is sent back. */
  logIn(location: string | undefined, person: UpstreamPerson): string
  /** As `logIn`, for somebody who does not. */
  refuse(location: string | undefined, error: string): string
}

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Starts a server on a port of its own, which is told the body of each request. */
export async function listening(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void> | void,
): Promise<string> {
  return serving((request, response) => {
    void (async () => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      await handle(request, response, body)
    })()
  })
}

/** Starts a server on a port of its own. */
export async function serving(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers with JSON. */
export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Starts one. */
export async function upstream(path = ''): Promise<Upstream> {
  const published = await generateKeyPair('ES256', { extractable: true })
  const other = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(published.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  const codes = new Map<string, Code>()
  const people = new Map<string, UpstreamPerson>()
  const tokenRequests: URLSearchParams[] = []
  const requests: string[] = []
  let count = 0

  const self = {
    issuer: '',
    origin: '',
    does: {} as Misbehaviour,
    tokenRequests,
    requests,
    logIn(location: string | undefined, person: UpstreamPerson): string {
      const parameters = new URL(location ?? '').searchParams
      const code = `code-${(count += 1)}-${Math.random()}`
      codes.set(code, { person, parameters })
      return back(parameters, { code })
    },
    refuse: (location: string | undefined, error: string): string =>
      back(new URL(location ?? '').searchParams, {
        error,
        error_description: '<script>alert(1)</script>',
      }),
  }

  function back(parameters: URLSearchParams, answer: Readonly<Record<string, string>>): string {
    const url = new URL(parameters.get('redirect_uri') ?? '')
    const { iss = self.issuer } = self.does
    const all = { ...answer, state: parameters.get('state') ?? '', ...(iss === null ? {} : { iss }) }
    for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
    return url.href
  }

  async function tokensFor({ person, parameters }: Code): Promise<object> {
    const now = Math.floor(Date.now() / 1000)
    const claims: JWTPayload = {
      ...person,
      iss: self.issuer,
      aud: parameters.get('client_id') ?? '',
      nonce: parameters.get('nonce'),
      iat: now,
      exp: now + 300,
    }
    const accessToken = `upstream-access-${(count += 1)}`
    people.set(accessToken, person)
    const key = self.does.wrongKey === true ? other.privateKey : published.privateKey
    const token = await new SignJWT(self.does.claims?.(claims) ?? claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(key)
    return {
      access_token: accessToken,
      refresh_token: `upstream-refresh-${count}`,
      token_type: 'Bearer',
      expires_in: self.does.expiresIn ?? 3600,
      id_token: token,
    }
  }

  const refreshable = new Map<string, Code>()
  async function token(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const form = new URLSearchParams(body)
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const [id, secret] = Buffer.from(basic, 'base64')
      .toString()
      .split(':')
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
    tokenRequests.push(form)
    if (self.does.answer?.token !== undefined) return self.does.answer.token(response)
    const isClient = self.does.isClient
      ? await self.does.isClient(form)
      : (secret ?? form.get('client_secret')) === upstreamSecret
    if (!isClient) return json(response, { error: 'invalid_client' }, 401)
    let found: Code | undefined
    if (form.get('grant_type') === 'refresh_token') {
      found = refreshable.get(form.get('refresh_token') ?? '')
      refreshable.delete(form.get('refresh_token') ?? '')
    } else {
      const code = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const isOurs =
        code?.parameters.get('redirect_uri') === form.get('redirect_uri') &&
        code?.parameters.get('code_challenge') === sha256Base64url(form.get('code_verifier') ?? '') &&
        code?.parameters.get('code_challenge_method') === 'S256' &&
        code?.parameters.get('client_id') === (id || form.get('client_id'))
      found = isOurs ? code : undefined
    }
    if (found === undefined) return json(response, { error: 'invalid_grant' }, 400)
    const tokens = (await tokensFor(found)) as { readonly refresh_token: string }
    refreshable.set(tokens.refresh_token, found)
    json(response, tokens)
  }

  const origin = await listening(async (request, response, body) => {
    const url = new URL(request.url ?? '', 'http://x')
    requests.push(`${request.method} ${url.pathname}`)
    const { answer = {}, document = {}, page, html, delay = 0 } = self.does
    if (delay > 0) await new Promise((later) => setTimeout(later, delay))
    if (url.pathname.endsWith('/authorize') && page !== undefined) {
      response.writeHead(303, { location: page(self.origin + (request.url ?? '')) }).end()
      return
    }
    if (url.pathname.endsWith('/authorize') && html !== undefined) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(html(self.origin + (request.url ?? '')))
      return
    }
    if (url.pathname.endsWith('/.well-known/openid-configuration')) {
      if (answer.discovery !== undefined) return answer.discovery(response)
      const base = self.issuer.replace(/\/$/, '')
      return json(response, {
        issuer: self.issuer,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/jwks`,
        userinfo_endpoint: `${base}/userinfo`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        authorization_response_iss_parameter_supported: true,
        ...document,
      })
    }
    if (url.pathname.endsWith('/token')) return token(request, response, body)
    if (url.pathname.endsWith('/jwks')) {
      return answer.jwks === undefined ? json(response, { keys: [jwk] }) : answer.jwks(response)
    }
    if (url.pathname.endsWith('/userinfo')) {
      if (answer.userinfo !== undefined) return answer.userinfo(response)
      const person = people.get((request.headers.authorization ?? '').replace('Bearer ', ''))
      return json(response, person ?? {}, person === undefined ? 401 : 200)
    }
    response.writeHead(404).end()
  })
  self.origin = origin
  self.issuer = origin + path
  return self
}
