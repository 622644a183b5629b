/** What every contender of the token endpoint is given, and the few things that those without a framework share. */

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { ready } from '../common.mjs'

const { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CHALLENGE, DATABASE_URL } = process.env

/** The one client: confidential, by `client_secret_basic`. */
export const client = { id: CLIENT_ID, secret: CLIENT_SECRET, redirectUri: REDIRECT_URI }
/** The S256 challenge of every code. */
export const challenge = CHALLENGE
/** `file:…` or `postgres://…`; empty where the state is in memory. */
export const databaseUrl = DATABASE_URL
export const scopes = { 'items:read': 'Read items', 'items:write': 'Write items' }
/** Seconds. */
export const lifetimes = { accessToken: 300, code: 3600, refreshToken: 30 * 86_400 }
/** The most PostgreSQL connections, the same for all. */
export const connections = 10

/** The path of a `file:` URL. */
export function filePath(url) {
  return url.slice('file:'.length)
}

/** Makes so many, a few at a time. */
export async function many(count, make) {
  const made = []
  while (made.length < count) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(50, count - made.length) }, make))))
  }
  return made
}

/**
 * Listens. `mint` makes a code, for `POST /mint?count=`, which the harness asks when nothing is measured; `handle` answers
 * everything else.
 */
export function serve(mint, handle, about = {}) {
  const server = createServer((request, response) => {
    const [path, query] = request.url.split('?')
    const answered =
      path === '/mint'
        ? many(Number(new URLSearchParams(query).get('count')), mint).then((codes) =>
            answer(response, 200, codes),
          )
        : handle(request, response)
    answered?.catch?.((error) => {
      console.error(error)
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1', () => ready(server.address().port, about))
}

export function sha256(text) {
  return createHash('sha256').update(text).digest()
}

/** Without telling by its time how much was right. */
export function same(one, other) {
  return timingSafeEqual(sha256(one), sha256(other))
}

/** The body of a request as form fields. */
export function formOf(request) {
  return new Promise((resolve, reject) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => resolve(new URLSearchParams(Buffer.concat(parts).toString())))
    request.on('error', reject)
  })
}

/** Answers with JSON that nobody may keep. */
export function answer(response, status, value, headers = {}) {
  const body = JSON.stringify(value)
  const length = Buffer.byteLength(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': length,
    ...headers,
  })
  response.end(body)
}
