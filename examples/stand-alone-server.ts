/** An authorization server by itself, in front of an API that runs elsewhere: `gatewright serve stand-alone-server.ts`. */

import { authorizationServer } from 'gatewright/server'

const { DATABASE_URL = 'sqlite::memory:', REPORTS_SECRET = 'not a secret: it stands in an example' } =
  process.env

export const server = authorizationServer({
  issuer: 'http://localhost:8000',
  database: DATABASE_URL,
  serviceName: 'Example',
  scopes: { 'reports:read': 'Read your reports', 'reports:write': 'Add and change your reports' },
  resources: {
    'https://reports.example': {
      name: 'Reports',
      // What people are shown of it when they are asked: which operations a scope opens.
      openapi: new URL('stand-alone-server.openapi.json', import.meta.url),
    },
  },
  clients: [
    {
      id: 'office',
      clientName: 'Office',
      secret: REPORTS_SECRET,
      redirectUris: ['https://office.example/callback'],
      grantTypes: ['authorization_code', 'refresh_token'],
    },
    // The API itself: it may ask whether a token was revoked.
    { id: 'reports', secret: REPORTS_SECRET, introspects: ['https://reports.example'] },
  ],
})

if (import.meta.main) await server.app.listen({ port: 8000 })
