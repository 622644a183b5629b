/** @node-oauth/oauth2-server with its model in memory; what it leaves to its user, JWTs and the end of a family, is written here. */

import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import OAuth2Server from '@node-oauth/oauth2-server'
import { SignJWT } from 'jose'
import { algorithm, audience, issuer, keyId, privateJwk } from '../common.mjs'
import { answer, challenge, client, formOf, lifetimes, same, scopes, serve } from './given.mjs'

const { Request, Response } = OAuth2Server
const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
const publicJwk = {
  ...createPublicKey(key).export({ format: 'jwk' }),
  kid: keyId,
  alg: algorithm,
  use: 'sig',
}
const codes = new Map()
const refreshTokens = new Map()
const later = (seconds) => new Date(Date.now() + seconds * 1000)

const model = {
  async getClient(id, secret) {
    if (id !== client.id || (secret !== null && !same(secret, client.secret))) return false
    const grants = ['authorization_code', 'refresh_token', 'client_credentials']
    return { id, grants, redirectUris: [client.redirectUri] }
  },
  getUserFromClient: async () => ({ id: client.id }),
  async validateScope(_user, _client, scope) {
    const asked = scope ?? Object.keys(scopes)
    return asked.every((each) => each in scopes) ? asked : false
  },
  generateAccessToken: (_client, user, scope) =>
    new SignJWT({ client_id: client.id, scope: scope.join(' ') })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: keyId })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(user.id)
      .setJti(randomBytes(16).toString('base64url'))
      .setIssuedAt()
      .setExpirationTime(`${lifetimes.accessToken}s`)
      .sign(key),
  generateRefreshToken: async () => randomBytes(32).toString('base64url'),
  async saveToken(token, { id }, user) {
    const { refreshToken, refreshTokenExpiresAt, scope } = token
    const saved = { ...token, client: { id }, user }
    if (refreshToken !== undefined) {
      const family = user.family ?? { isRevoked: false }
      const row = { refreshToken, refreshTokenExpiresAt, scope, client: { id }, user: { ...user, family } }
      refreshTokens.set(refreshToken, { row, isUsed: false })
    }
    return saved
  },
  async getAuthorizationCode(code) {
    return codes.get(code)
  },
  revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
  async getRefreshToken(value) {
    const found = refreshTokens.get(value)
    if (found === undefined || found.row.user.family.isRevoked) return undefined
    if (found.isUsed) {
      found.row.user.family.isRevoked = true
      return undefined
    }
    return found.row
  },
  async revokeToken({ refreshToken }) {
    const found = refreshTokens.get(refreshToken)
    if (found === undefined || found.isUsed) return false
    found.isUsed = true
    return true
  },
}

const oauth = new OAuth2Server({
  model,
  accessTokenLifetime: lifetimes.accessToken,
  refreshTokenLifetime: lifetimes.refreshToken,
  alwaysIssueNewRefreshToken: true,
})

function mint() {
  const authorizationCode = randomBytes(32).toString('base64url')
  codes.set(authorizationCode, {
    authorizationCode,
    expiresAt: later(lifetimes.code),
    redirectUri: client.redirectUri,
    scope: Object.keys(scopes),
    client: { id: client.id },
    user: { id: 'alice' },
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
  })
  return authorizationCode
}

async function handle(request, response) {
  if (request.url === '/jwks') return answer(response, 200, { keys: [publicJwk] })
  if (request.url !== '/token' || request.method !== 'POST') return answer(response, 404, {})
  const body = Object.fromEntries(await formOf(request))
  const { headers, method } = request
  const given = new Response({ headers: {} })
  await oauth
    .token(new Request({ headers, method, query: {}, body }), given)
    // What it refuses is in the response by then.
    .catch(() => undefined)
  return answer(response, given.status, given.body, given.headers)
}

serve(mint, handle, { token: '/token', jwks: '/jwks' })
