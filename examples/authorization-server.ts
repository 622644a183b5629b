/** An application that brings its own authorization server: programs and people's apps get their tokens from it. */

import { api, dependency, security } from 'gatewright'
import { authorizationServer } from 'gatewright/server'

const { DATABASE_URL = 'sqlite::memory:', REPORTS_SECRET = 'not a secret: it stands in an example' } =
  process.env

export const server = authorizationServer({
  issuer: 'http://localhost:8000',
  database: DATABASE_URL,
  scopes: { me: 'See your profile', 'reports:read': 'Read the reports' },
  clients: [
    // A program that acts for itself.
    { id: 'nightly', secret: REPORTS_SECRET, clientCredentialsScopes: ['reports:read'] },
    // An app in a browser that acts for people. It can keep no secret; PKCE protects its codes.
    {
      id: 'web',
      tokenEndpointAuthMethod: 'none',
      redirectUris: ['https://app.example/callback'],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['me'],
    },
  ],
})

const auth = server.bearer()
const account = dependency({ token: auth }, ({ token }) => server.accounts.get(token.subject))

export const app = api({ title: 'Reports' })
  .mount(server)
  .get('/reports', { token: security(auth, ['reports:read']) }, ({ token }) => ({ reader: token.clientId }))
  .get('/me', { account: security(account, ['me']) }, ({ account }) => ({ username: account?.username }))
  .get('/health', {}, { open: true, hidden: true }, () => server.health())

if (import.meta.main) await app.listen({ port: 8000 })
