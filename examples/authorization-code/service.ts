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
  /** The origin of the single-page application: `http://localhost:8090`. */
  readonly singlePage: string
  readonly database: string
}

/** The service, with one person who can log in. */
export async function service({ issuer, callback, singlePage, database }: Places): Promise<Api> {
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
      {
        id: 'pinboard',
        clientName: 'Pinboard',
        // Everybody can read all of a page, so it has no secret. PKCE protects its codes, rotation its refresh tokens.
        tokenEndpointAuthMethod: 'none',
        // For http on this computer. With an address of its own it is https, and `web`.
        applicationType: 'native',
        redirectUris: [`${singlePage}/`],
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
  // The page calls from a browser, and from another origin. The server's own endpoints know that from its client.
  return api({ title: 'Notes', cors: { origins: [singlePage] } })
    .mount(server)
    .get('/notes', { reader }, { summary: 'Your notes' }, ({ reader }) => [
      { title: 'Milk', owner: reader?.name },
    ])
    .onStop(() => server.close())
}
