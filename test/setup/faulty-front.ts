/** oidc-provider behind something that spoils its answers: slow, cut, swollen, moved, or changed on the way. */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import { oidcIssuer } from './oidc-issuer.ts'
import type { OidcIssuer } from './oidc-issuer.ts'

/** A document of the provider. */
export type Page = 'metadata' | 'keys' | 'introspection'

/** What happens to an answer on its way. */
export type Spoil =
  | ((answer: string) => string)
  /** After so many milliseconds. */
  | { readonly after: number }
  | 'hang' | 'cut' | 'huge' | 'bomb' | 'moved' | 'reset' | '502' // prettier-ignore

/** The provider, and what stands in front of it. */
export interface FaultyFront extends OidcIssuer {
  readonly asked: Page[]
  /** The requests that came by an address nobody should have gone to. */
  readonly followed: string[]
  spoil: Partial<Record<Page, Spoil>>
}

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing.splice(0)) close()
})

const pages: Readonly<Record<string, Page>> = {
  '/.well-known/openid-configuration': 'metadata',
  '/jwks': 'keys',
  '/token/introspection': 'introspection',
}

/** A provider with its front. */
export async function faultyFront(): Promise<FaultyFront> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = await oidcIssuer('RS256', origin)
  const self: FaultyFront = { ...provider, asked: [], followed: [], spoil: {} }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(self, origin, request, response)
  })
  return self
}

async function answer(
  self: FaultyFront,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/'
  const page = pages[path]
  if (page === undefined) self.followed.push(path)
  else self.asked.push(page)
  const body: Buffer[] = []
  for await (const chunk of request) body.push(chunk as Buffer)
  const { authorization, 'content-type': type } = request.headers
  const upstream = await fetch(self.address + path.replace(/^\/moved/, ''), {
    method: request.method ?? 'GET',
    headers: {
      'x-forwarded-host': new URL(origin).host,
      ...(authorization && { authorization }),
      ...(type && { 'content-type': type }),
    },
    ...(request.method === 'POST' && { body: Buffer.concat(body) }),
  })
  const text = await upstream.text()
  response.setHeader('content-type', upstream.headers.get('content-type') ?? 'application/json')
  const spoil = page && self.spoil[page]
  if (spoil === undefined) return void response.writeHead(upstream.status).end(text)
  if (typeof spoil === 'function') return void response.end(spoil(text))
  if (typeof spoil === 'object') return void setTimeout(() => response.end(text), spoil.after)
  spoiled(spoil, path, text, response)
}

function spoiled(spoil: Spoil & string, path: string, text: string, response: ServerResponse): void {
  switch (spoil) {
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'cut':
      response.setHeader('content-length', text.length)
      response.write(text.slice(0, text.length / 2), () => response.destroy())
      return
    case 'huge':
      // Good JSON, and too much of it.
      response.end(text.replace('{', `{${' '.repeat(2_000_000)}`))
      return
    case 'bomb':
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(text.replace('{', `{${' '.repeat(5_000_000)}`)))
      return
    case 'moved':
      // To a place where the very same document is.
      response.writeHead(302, { location: `/moved${path}` }).end()
      return
    case '502':
      response.writeHead(502).end(text)
  }
}
