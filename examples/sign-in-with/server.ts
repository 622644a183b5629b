/** An authorization server whose people may come from elsewhere: the buttons are on its login page. */

import { authorizationServer } from 'gatewright/server'
import { apple, github, google } from 'gatewright/sign-in'
import type { Provider } from 'gatewright/sign-in'

interface Secrets {
  readonly googleId: string
  readonly googleSecret: string
  readonly githubId: string
  readonly githubSecret: string
}

export function withProviders(
  issuer: string,
  database: string,
  secrets: Secrets,
  more: readonly Provider[] = [],
) {
  const { googleId, googleSecret, githubId, githubSecret } = secrets
  return authorizationServer({
    issuer,
    database,
    scopes: { me: 'See your profile' },
    providers: [
      google({ clientId: googleId, clientSecret: googleSecret }),
      github({ clientId: githubId, clientSecret: githubSecret, keepTokens: true }),
      ...more,
    ],
    providerAccounts: { create: true, linkByEmail: false },
  })
}

/** @param privateKey The text of the `.p8` file that Apple gave for the key. */
export function signInWithApple(privateKey: string): Provider {
  return apple({ clientId: 'com.example.notes.web', teamId: 'A1B2C3D4E5', keyId: 'F6G7H8J9K0', privateKey })
}

export async function repositoriesOf(server: ReturnType<typeof withProviders>, subject: string) {
  const { providers } = await server.open()
  const token = await providers.accessToken(subject, 'github')
  if (token === undefined) return undefined
  return fetch('https://api.github.com/user/repos', { headers: { authorization: `Bearer ${token}` } })
}
