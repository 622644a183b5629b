/** A server whose only way out is a proxy: what its clients name is fetched through it, and it decides what can be reached. */

import { authorizationServer } from 'gatewright/server'

const { DATABASE_URL = 'sqlite::memory:', PORT = '8000' } = process.env

const server = authorizationServer({
  issuer: `http://localhost:${PORT}`,
  database: DATABASE_URL,
  scopes: { 'reports:read': 'Read the reports' },
  resources: { 'https://reports.example': { name: 'Reports' } },
  clients: [
    {
      id: 'office',
      tokenEndpointAuthMethod: 'private_key_jwt',
      jwksUri: 'https://office.example/keys.json',
      clientCredentialsScopes: ['reports:read'],
    },
  ],
  // The fetch of Node goes through the proxy of HTTPS_PROXY where NODE_USE_ENV_PROXY=1 is set.
  clientFetch: fetch,
})

if (import.meta.main) await server.app.listen({ port: Number(PORT) })
