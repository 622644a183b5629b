/** The API and its authorization server: people log in here, and agree to what an application may do. */

import { api, dependency, security } from 'gatewright'
import type { Api } from 'gatewright'
import { authorizationServer } from 'gatewright/server'

/** What the application proves itself with. In a service of your own it comes from the environment. */
export const clientSecret = 'not a secret: it stands in an example'

/** Where things are. */
export interface Places {
  /** Of the service: `http://localhost:8000`. */
  readonly issuer: string
  /** Where the application wants its users back. */
  readonly callback: string
  readonly database: string
}

/** The service, with one person who can log in. */
export async function service({ issuer, callback, database }: Places): Promise<Api> {
  const server = authorizationServer({
    issuer,
    database,
    serviceName: 'Notes',
    // Nothing else is kept about anybody here, so people may remove their accounts by themselves.
    accountRemoval: true,
    scopes: { 'notes:read': 'Read your notes', 'notes:write': 'Add and change your notes' },
    clients: [
      {
        id: 'planner',
        clientName: 'Planner',
        secret: clientSecret,
        applicationType: 'native',
        redirectUris: [callback],
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['notes:read'],
      },
    ],
  })
  const { accounts } = await server.open()
  if ((await accounts.find('alice')) === undefined) {
    await accounts.create({ username: 'alice', name: 'Alice', password: 'correct horse battery staple' })
  }
  const auth = server.bearer()
  const reader = dependency({ token: security(auth, ['notes:read']) }, ({ token }) =>
    accounts.get(token.subject),
  )
  return api({ title: 'Notes' })
    .mount(server)
    .get('/notes', { reader }, { summary: 'Your notes' }, ({ reader }) => [
      { title: 'Milk', owner: reader?.name },
    ])
    .onStop(() => server.close())
}
