/** Another service to sign in with, so that the example works without an account anywhere: a gatewright as well. */

import { authorizationServer } from 'gatewright/server'
import { github, openid } from 'gatewright/sign-in'
import type { Provider } from 'gatewright/sign-in'

const clientSecret = 'the secret of Notes at the other service'

/** The service. It knows alice, by the password `correct horse battery staple`. */
export async function exampleCom(issuer: string, callbacks: readonly string[], database: string) {
  const server = authorizationServer({
    issuer,
    database,
    serviceName: 'Example.com',
    scopes: {},
    clients: [
      {
        id: 'notes',
        clientName: 'Notes',
        secret: clientSecret,
        // For http on this computer. With an address of its own it is https, and `web`.
        applicationType: 'native',
        redirectUris: callbacks,
      },
    ],
  })
  const { accounts } = await server.open()
  await accounts.create({
    username: 'alice',
    name: 'Alice Example',
    email: 'alice@example.com',
    emailVerified: true,
    password: 'correct horse battery staple',
  })
  return server
}

/** What an app says of it. */
export function signInWithExampleCom(issuer: string): Provider {
  return openid({ id: 'example', name: 'Example.com', issuer, clientId: 'notes', clientSecret })
}

/** GitHub, for whoever has registered an app there: the callback is http://localhost:8000/sign-in/callback/github. */
export function githubOf({ GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: secret }: NodeJS.ProcessEnv) {
  return clientId === undefined || secret === undefined ? [] : [github({ clientId, clientSecret: secret })]
}
