/** An authorization server that is administered: pages and an API at `/admin`, and a program that keeps accounts in step. */

import { adminScopes, authorizationServer } from 'gatewright/server'
import type { AdminScope } from 'gatewright/server'

const {
  DATABASE_URL = 'sqlite::memory:',
  DIRECTORY_SECRET = 'not a secret: it stands in an example',
  ISSUER = 'http://localhost:8000',
} = process.env

export const server = authorizationServer({
  issuer: ISSUER,
  database: DATABASE_URL,
  serviceName: 'Example',
  scopes: { 'reports:read': 'Read the reports' },
  admin: { docsClientId: 'admin-docs' },
  clients: [
    {
      // The docs page of the admin API: administrators log in there and try it.
      id: 'admin-docs',
      clientName: 'The admin API',
      tokenEndpointAuthMethod: 'none',
      redirectUris: [`${ISSUER}/admin/docs/oauth2-redirect`],
      // On this machine only: what comes back to http comes back to this computer.
      applicationType: ISSUER.startsWith('http:') ? 'native' : 'web',
      scopes: Object.keys(adminScopes) as AdminScope[], // its own keys
    },
    {
      // Adds the people of the directory, and disables those who have left. It sees and changes nothing else.
      id: 'directory',
      secret: DIRECTORY_SECRET,
      clientCredentialsScopes: ['admin:users:read', 'admin:users:write'],
    },
  ],
})

/** The first administrator. Later ones are made on the pages, or with `gatewright users add root --admin`. */
export async function addFirstAdministrator(password: string): Promise<void> {
  const { accounts } = await server.open()
  const root = await accounts.find('root')
  if (root === undefined)
    await accounts.create({ username: 'root', password, scopes: Object.keys(adminScopes) })
}

/** What the directory does every night: everybody who has left is disabled, which ends their sessions and tokens. */
export async function disable(url: string, token: string, usernames: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  for (const username of usernames) {
    const found = await fetch(`${url}/users?username=${encodeURIComponent(username)}`, { headers })
    const { items } = (await found.json()) as { readonly items: readonly { readonly id: string }[] }
    const body = JSON.stringify({ disabled: true })
    for (const { id } of items) await fetch(`${url}/users/${id}`, { method: 'PATCH', headers, body })
  }
}

if (import.meta.main) {
  await addFirstAdministrator('correct horse battery staple')
  await server.app.listen({ port: 8000, hostname: 'localhost' })
}
