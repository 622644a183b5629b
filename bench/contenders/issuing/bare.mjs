/** Bare `node:http`: signs by hand in the same turn of the loop, and keeps its state in a Map. What the others are measured by. */

import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { algorithm, audience, issuer, keyId, privateJwk } from '../common.mjs'
import { answer, challenge, client, formOf, lifetimes, same, scopes, sha256, serve } from './given.mjs'

const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
const publicJwk = {
  ...createPublicKey(key).export({ format: 'jwk' }),
  kid: keyId,
  alg: algorithm,
  use: 'sig',
}
const options = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key
const head = encode({ alg: algorithm, typ: 'at+jwt', kid: keyId })
const codes = new Map()
const refreshTokens = new Map()

async function handle(request, response) {
  if (request.url === '/jwks') return answer(response, 200, { keys: [publicJwk] })
  if (request.url !== '/token' || request.method !== 'POST') return answer(response, 404, {})
  const form = await formOf(request)
  if (!isClient(request.headers.authorization)) {
    return answer(response, 401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' })
  }
  const result = grant(form)
  if (typeof result === 'string') return answer(response, 400, { error: result })
  return answer(response, 200, result)
}

function isClient(authorization) {
  if (!authorization?.startsWith('Basic ')) return false
  const [id, secret = ''] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
  return id === client.id && same(decodeURIComponent(secret), client.secret)
}

function grant(form) {
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      const asked = form.get('scope')?.split(' ') ?? Object.keys(scopes)
      if (!asked.every((scope) => scope in scopes)) return 'invalid_scope'
      return tokens(client.id, asked)
    }
    case 'authorization_code':
      return redeem(form)
    case 'refresh_token':
      return refresh(form)
    default:
      return 'unsupported_grant_type'
  }
}

function redeem(form) {
  const name = form.get('code') ?? ''
  const code = codes.get(name)
  if (code === undefined || code.expires < Date.now()) return 'invalid_grant'
  if (form.get('redirect_uri') !== code.redirectUri) return 'invalid_grant'
  if (sha256(form.get('code_verifier') ?? '').toString('base64url') !== code.challenge) return 'invalid_grant'
  codes.delete(name)
  return withRefresh({ subject: code.subject, scopes: code.scopes, isRevoked: false })
}

function refresh(form) {
  const found = refreshTokens.get(form.get('refresh_token') ?? '')
  if (found === undefined || found.expires < Date.now() || found.family.isRevoked) return 'invalid_grant'
  if (found.isUsed) {
    found.family.isRevoked = true
    return 'invalid_grant'
  }
  found.isUsed = true
  return withRefresh(found.family)
}

function withRefresh(family) {
  const value = randomBytes(32).toString('base64url')
  refreshTokens.set(value, { family, isUsed: false, expires: Date.now() + lifetimes.refreshToken * 1000 })
  return { ...tokens(family.subject, family.scopes), refresh_token: value }
}

function tokens(subject, granted) {
  const iat = Math.floor(Date.now() / 1000)
  const scope = granted.join(' ')
  const body = encode({
    iss: issuer,
    aud: audience,
    sub: subject,
    client_id: client.id,
    scope,
    jti: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + lifetimes.accessToken,
  })
  const data = `${head}.${body}`
  const signature = sign('sha256', Buffer.from(data), options).toString('base64url')
  return {
    access_token: `${data}.${signature}`,
    token_type: 'Bearer',
    expires_in: lifetimes.accessToken,
    scope,
  }
}

function mint() {
  const value = randomBytes(32).toString('base64url')
  codes.set(value, {
    subject: 'alice',
    scopes: Object.keys(scopes),
    redirectUri: client.redirectUri,
    challenge,
    expires: Date.now() + lifetimes.code * 1000,
  })
  return value
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

serve(mint, handle, { token: '/token', jwks: '/jwks' })
