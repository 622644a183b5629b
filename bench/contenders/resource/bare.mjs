/** Bare `node:http` with verification by hand: what the others are measured by. With CACHE, a Map of verified tokens. */

import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import { createServer } from 'node:http'
import { algorithm, audience, issuer, keyId, keyObject, options, ready } from '../common.mjs'

const json = 'application/json'
const known = options.cache ? new Map() : undefined

const server = createServer((request, response) => {
  const found = authenticate(request.headers.authorization)
  if (typeof found === 'string') return refuse(response, 401, found)
  if (request.url === '/me' && request.method === 'GET') {
    if (!found.scopes.has('items:read')) return refuse(response, 403, 'Bearer error="insufficient_scope"')
    return answer(response, 200, { subject: found.subject, scopes: [...found.scopes] })
  }
  if (request.url === '/items' && request.method === 'POST') {
    if (!found.scopes.has('items:write')) return refuse(response, 403, 'Bearer error="insufficient_scope"')
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => create(response, found, Buffer.concat(parts).toString()))
    return undefined
  }
  return answer(response, 404, { detail: 'Not Found' })
})

function create(response, principal, text) {
  let item
  try {
    item = JSON.parse(text)
  } catch {
    return answer(response, 422, { detail: 'This is no JSON' })
  }
  if (!isItem(item)) return answer(response, 422, { detail: 'This is no item' })
  const { name, price, tags = [] } = item
  return answer(response, 201, { name, price, tags, owner: principal.subject })
}

function isItem(item) {
  if (typeof item !== 'object' || item === null) return false
  const { name, price, tags = [] } = item
  if (typeof name !== 'string' || name.length < 1 || name.length > 100) return false
  if (typeof price !== 'number' || !(price >= 0) || !Number.isFinite(price)) return false
  return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')
}

function authenticate(value) {
  if (value === undefined) return 'Bearer'
  if (!value.startsWith('Bearer ')) return 'Bearer'
  const token = value.slice(7)
  const now = Date.now() / 1000
  const remembered = known?.get(token)
  if (remembered !== undefined) return remembered.expires > now ? remembered : invalid
  const principal = check(token, now)
  if (principal === undefined) return invalid
  if (known !== undefined) {
    if (known.size >= 20_000) known.delete(known.keys().next().value)
    known.set(token, principal)
  }
  return principal
}

const invalid = 'Bearer error="invalid_token"'

function check(token, now) {
  const [head, body, signature, more] = token.split('.')
  if (signature === undefined || more !== undefined) return undefined
  try {
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    if (header.alg !== algorithm || header.kid !== keyId || header.typ !== 'at+jwt') return undefined
    if (!isSigned(Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url'))) return undefined
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    if (claims.iss !== issuer || claims.aud !== audience || !(claims.exp > now)) return undefined
    return { subject: claims.sub, scopes: new Set(claims.scope.split(' ')), expires: claims.exp }
  } catch {
    return undefined
  }
}

function isSigned(data, signature) {
  if (algorithm === 'HS256') {
    const mac = createHmac('sha256', keyObject).update(data).digest()
    return mac.length === signature.length && timingSafeEqual(mac, signature)
  }
  if (algorithm === 'ES256')
    return verify('sha256', data, { key: keyObject, dsaEncoding: 'ieee-p1363' }, signature)
  return verify('sha256', data, keyObject, signature)
}

function refuse(response, status, challenge) {
  const body = JSON.stringify({ detail: status === 401 ? 'Not authenticated' : 'Not enough permissions' })
  const length = Buffer.byteLength(body)
  response.writeHead(status, {
    'content-type': json,
    'content-length': length,
    'www-authenticate': challenge,
  })
  response.end(body)
}

function answer(response, status, value) {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'content-type': json, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

server.listen(0, '127.0.0.1', () => ready(server.address().port))
