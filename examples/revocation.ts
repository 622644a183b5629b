/** What is revoked at the authorization server is refused by an API elsewhere a moment later, without a call per request. */

import { api, openIdConnect, security } from 'gatewright'
import { authorizationServer } from 'gatewright/server'

const audience = 'https://reports.example'
const scopes = { 'reports:read': 'Read the reports', 'reports:write': 'Add reports' }
const { REPORTS_SECRET = 'not a secret: it stands in an example' } = process.env

/** The server, and what its own APIs do while its database is gone. */
export function loginServer(issuer: string) {
  return authorizationServer({
    issuer,
    database: 'sqlite::memory:',
    scopes,
    resources: { [audience]: { name: 'Reports' } },
    clients: [
      { id: 'cron', secret: REPORTS_SECRET, clientCredentialsScopes: ['reports:read', 'reports:write'] },
    ],
    revocation: { maxAge: 10, whenStale: 'refuse' },
  })
}

/** An API on another machine, and what it does while the server cannot be reached. */
export function reportsApi(issuer: string) {
  const auth = openIdConnect({
    issuer,
    audience,
    scopes,
    revocation: { maxAge: 30, whenStale: 'refuse-writes' },
  })
  return api({ title: 'Reports' })
    .get('/reports', { token: security(auth, ['reports:read']) }, ({ token }) => ({ reader: token.subject }))
    .post('/reports', { token: security(auth, ['reports:write']) }, ({ token }) => ({ by: token.subject }))
}

if (import.meta.main) {
  const issuer = 'http://localhost:9000'
  await loginServer(issuer).app.listen({ port: 9000 })
  await reportsApi(issuer).listen({ port: 8000 })
}
