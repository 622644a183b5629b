/** oidc-provider 9 with JWT access tokens and rotation. OPTIONS.store says where its state is. */

import { Provider } from 'oidc-provider'
import { algorithm, audience, issuer, options, privateJwk } from '../common.mjs'
import { challenge, client, lifetimes, scopes, serve } from './given.mjs'
import { inMemory, inPostgres, inSqlite } from './oidc-adapters.mjs'

const scope = Object.keys(scopes).join(' ')
const adapters = { memory: inMemory, sqlite: inSqlite, postgres: inPostgres }

const provider = new Provider(issuer, {
  adapter: await adapters[options.store](),
  jwks: { keys: [privateJwk] },
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [client.redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope,
      id_token_signed_response_alg: algorithm,
    },
  ],
  scopes: Object.keys(scopes),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope,
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: lifetimes.accessToken,
        jwt: { sign: { alg: algorithm } },
      }),
    },
  },
  pkce: { required: () => true },
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  rotateRefreshToken: true,
  ttl: {
    AuthorizationCode: lifetimes.code,
    RefreshToken: lifetimes.refreshToken,
    Grant: lifetimes.refreshToken,
    ClientCredentials: lifetimes.accessToken,
    AccessToken: lifetimes.accessToken,
  },
  cookies: { keys: ['only for the bench'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})
provider.on('server_error', (_ctx, error) => console.error(error))

const known = await provider.Client.find(client.id)

async function mint() {
  const grant = new provider.Grant({ accountId: 'alice', clientId: client.id })
  grant.addResourceScope(audience, scope)
  const grantId = await grant.save()
  const code = new provider.AuthorizationCode({
    accountId: 'alice',
    client: known,
    grantId,
    redirectUri: client.redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    scope,
    resource: audience,
    authTime: Math.floor(Date.now() / 1000),
  })
  return code.save()
}

serve(mint, provider.callback(), { token: '/token', jwks: '/jwks' })
