/** An issuer somewhere else: its documents over HTTP, its tokens, a clock to turn, and everything that can go wrong with it. */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'

/** What can be wrong with an answer. */
export type Fault =
  | 'cut' | 'hang' | 'drip' | 'huge' | 'redirect' | 'html' | 'garbage' | 'empty' | 'useless' | '500' | '404' | '401' | 'wrong issuer' // prettier-ignore

/** Members of a token's header, or its claims. */
export type Members = Readonly<Record<string, unknown>>

/** Which document is asked for. */
export type Document = 'metadata' | 'keys' | 'introspection'

/** The issuer. */
export interface ForeignIssuer {
  /** Its name, and where it is. */
  readonly issuer: string
  /** The documents that were asked for, in order. */
  readonly asked: Document[]
  /** The keys it publishes; the first signs. */
  keys: SigningKey[]
  /** What it says of opaque tokens, and with which `Authorization` and form it was asked. */
  readonly opaque: Map<string, Members>
  readonly questions: { readonly authorization: string | undefined; readonly form: URLSearchParams }[]
  /** What is wrong with which document. */
  faults: Partial<Record<Document, Fault>>
  /** Further members of its metadata. */
  metadata: Members
  /** Milliseconds since 1970. */
  readonly clock: { now: number }
  readonly now: () => number
  /** The claims of a good token for {@link audience}. */
  claims(more?: Members): Members
  /** A good token, but for what is put into it. */
  token(more?: Members, header?: Members, key?: SigningKey): Promise<string>
  /** How often a document was asked for. */
  count(document: Document): number
  /** Ends it, as a power cut would. */
  stop(): Promise<void>
  /** Starts it at its old address. */
  start(): Promise<void>
}

/** Whom its tokens are for. */
export const audience = 'https://api.test'

const running: ForeignIssuer[] = []

afterAll(async () => {
  for (const issuer of running.splice(0)) await issuer.stop()
})

/** An issuer with one key. */
export async function foreignIssuer(path = ''): Promise<ForeignIssuer> {
  let server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const issuer = origin + path
  const clock = { now: 1_800_000_000_000 }

  const self: ForeignIssuer = {
    issuer,
    asked: [],
    keys: [await generateSigningKey()],
    opaque: new Map(),
    questions: [],
    faults: {},
    metadata: {},
    clock,
    now: () => clock.now,
    claims: (more = {}) => ({
      iss: issuer,
      sub: 'alice',
      aud: audience,
      client_id: 'app',
      scope: 'read',
      iat: clock.now / 1000,
      exp: clock.now / 1000 + 300,
      jti: crypto.randomUUID(),
      ...more,
    }),
    async token(more = {}, header = {}, key = self.keys[0]!) {
      const head = { alg: key.algorithm, typ: 'at+jwt', kid: key.keyId, ...header }
      const input = `${part(head)}.${part(self.claims(more))}`
      return `${input}.${Buffer.from(await key.sign!(input)).toString('base64url')}`
    },
    count: (document) => self.asked.filter((each) => each === document).length,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
    start: () =>
      new Promise((ready) => {
        server = createServer((request, response) => void answer(self, request, response))
        server.listen(port, '127.0.0.1', ready)
      }),
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(self, request, response)
  })
  running.push(self)
  return self
}

async function answer(
  self: ForeignIssuer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '', self.issuer)
  const path = new URL(self.issuer).pathname.replace(/\/$/, '')
  const document = documentAt(pathname, path)
  if (document === undefined) return void response.writeHead(404).end()
  self.asked.push(document)
  const fault = self.faults[document]
  if (fault !== undefined && fault !== 'wrong issuer') return fail(self, fault, response)
  response.setHeader('content-type', 'application/json')
  if (document === 'metadata') {
    const endpoints = {
      jwks_uri: `${self.issuer}/keys`,
      introspection_endpoint: `${self.issuer}/introspect`,
    }
    const named = fault === 'wrong issuer' ? 'https://evil.test' : self.issuer
    response.end(JSON.stringify({ issuer: named, ...endpoints, ...self.metadata }))
  } else if (document === 'keys') {
    response.end(JSON.stringify({ keys: self.keys.map(({ publicJwk }) => publicJwk) }))
  } else {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const form = new URLSearchParams(body)
    self.questions.push({ authorization: request.headers.authorization, form })
    response.end(JSON.stringify(self.opaque.get(form.get('token') ?? '') ?? { active: false }))
  }
}

function documentAt(pathname: string, path: string): Document | undefined {
  if (pathname === `${path}/.well-known/openid-configuration`) return 'metadata'
  if (pathname === `${path}/keys`) return 'keys'
  return pathname === `${path}/introspect` ? 'introspection' : undefined
}

function fail(self: ForeignIssuer, fault: Fault, response: ServerResponse): void {
  switch (fault) {
    case 'cut':
      response.destroy()
      return
    case 'hang':
      return
    case 'drip': {
      response.writeHead(200)
      const timer = setInterval(() => response.write(' '), 50)
      response.once('close', () => clearInterval(timer))
      return
    }
    case 'huge': {
      const chunk = Buffer.alloc(65_536, 32)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
      return
    }
    case 'redirect':
      response.writeHead(302, { location: `${self.issuer}/elsewhere` }).end()
      return
    case 'html':
      response.end('<!doctype html><h1>Welcome</h1>')
      return
    case 'garbage':
      response.end('{"keys": [1, "x", null, {"kty":"EC"}, {"kty":"RSA","n":"AA","e":"AQAB"}]')
      return
    case 'empty':
      response.end('{"keys":[]}')
      return
    case 'useless':
      response.end(
        '{"keys":[1,"x",null,{"kty":"EC"},{"kty":"RSA","n":"AA","e":"AQAB"},{"kty":"oct","k":"AAAA"}]}',
      )
      return
    default:
      response.writeHead(Number(fault)).end('{}')
  }
}

function part(members: Members): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}
