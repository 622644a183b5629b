/** better-auth with its oauth-provider plugin, its caches of clients and resources on. OPTIONS.store says where its state is. */

import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { getAuthTables } from 'better-auth/db'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { algorithm, audience, issuer, options } from '../common.mjs'
import { challenge, client, connections, databaseUrl, filePath, lifetimes } from './given.mjs'
import { scopes, serve } from './given.mjs'

const rows = {}
const databases = {
  memory: () => memoryAdapter(rows),
  sqlite: async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(filePath(databaseUrl))
    database.exec('pragma journal_mode = wal; pragma synchronous = full')
    return database
  },
  postgres: async () => {
    const { default: pg } = await import('pg')
    return new pg.Pool({ connectionString: databaseUrl, max: connections })
  },
}

const settings = {
  baseURL: issuer,
  secret: 'only for the bench: 32 characters and more',
  database: await databases[options.store](),
  // Nobody logs in here: the one account is there because a client has an owner, and it shall cost nothing.
  emailAndPassword: {
    enabled: true,
    password: { hash: (password) => password, verify: ({ hash, password }) => hash === password },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [
    jwt({
      disableSettingJwtHeader: true,
      jwks: { keyPairConfig: { alg: algorithm } },
      jwt: { issuer },
    }),
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      scopes: [...Object.keys(scopes), 'offline_access'],
      resources: [audience],
      enforcePerClientResources: false,
      cachedResources: new Set([audience]),
      cachedTrustedClients: new Set([client.id]),
      generateClientId: () => client.id,
      generateClientSecret: () => client.secret,
      clientPrivileges: () => true,
      accessTokenExpiresIn: lifetimes.accessToken,
      m2mAccessTokenExpiresIn: lifetimes.accessToken,
      refreshTokenExpiresIn: lifetimes.refreshToken,
      codeExpiresIn: lifetimes.code,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
}
if (options.store === 'memory') for (const table of Object.keys(getAuthTables(settings))) rows[table] = []
else await (await getMigrations(settings)).runMigrations()
const auth = betterAuth(settings)

const person = { email: 'alice@example.com', password: 'correct horse battery staple', name: 'Alice' }
const signedUp = await auth.api.signUpEmail({ body: person, asResponse: true })
const cookie = signedUp.headers
  .getSetCookie()
  .map((each) => each.split(';')[0])
  .join('; ')
const scope = [...Object.keys(scopes), 'offline_access'].join(' ')
await auth.api.adminCreateOAuthClient({
  headers: new Headers({ cookie }),
  body: {
    redirect_uris: [client.redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
    client_credentials_scopes: Object.keys(scopes),
    scope,
    skip_consent: true,
  },
})

async function mint() {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    scope,
    resource: audience,
    state: 'state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  const response = await auth.handler(
    new Request(`${issuer}/api/auth/oauth2/authorize?${query}`, { headers: { cookie } }),
  )
  return new URL(response.headers.get('location') ?? '').searchParams.get('code')
}

serve(mint, toNodeHandler(auth), {
  token: '/api/auth/oauth2/token',
  jwks: '/api/auth/jwks',
  form: { resource: audience },
})
