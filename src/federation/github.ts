/** GitHub, which speaks OAuth 2 and no OpenID. */

import type { Provider } from '../server/federation/provider.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { ClientOptions } from './code-flow.ts'
import { oauth2 } from './oauth2.ts'
import type { AskProvider, OAuth2Person } from './oauth2.ts'
import { textIn } from './profile.ts'

/** GitHub, as an OAuth app or a GitHub App. */
export interface GithubOptions extends ClientOptions {
  readonly clientSecret: string
  /** A GitHub Enterprise Server: `https://github.example.com`. */
  readonly url?: string
}

/**
 * Sign in with GitHub.
 *
 * People are known by their number, as a login name may be another's tomorrow. Of their addresses only the primary one is
 * taken, and only if GitHub has verified it: what the profile shows is neither.
 *
 * @example
 *
 * ```ts
 * github({ clientId: process.env.GITHUB_CLIENT_ID, clientSecret: process.env.GITHUB_CLIENT_SECRET })
 * ```
 */
export function github(options: GithubOptions): Provider {
  const { id = 'github', name = 'GitHub', url = 'https://github.com', scopes = [], ...more } = options
  const site = url.replace(/\/$/, '')
  const apis = options.url === undefined ? 'https://api.github.com' : `${site}/api/v3`
  return oauth2({
    ...more,
    id,
    name,
    issuer: `${site}/login/oauth`,
    authorizationEndpoint: `${site}/login/oauth/authorize`,
    tokenEndpoint: `${site}/login/oauth/access_token`,
    // What RFC 6749 §2.3.1 encodes in a Basic header, GitHub does not decode.
    clientAuthentication: 'client_secret_post',
    scopes: [...new Set(['read:user', 'user:email', ...scopes])],
    again: { prompt: 'select_account' },
    person: (ask) => personAt(apis, ask),
  })
}

async function personAt(apis: string, ask: AskProvider): Promise<OAuth2Person> {
  const user = await ask(`${apis}/user`)
  if (!isObject(user)) throw unreadable()
  // A number that lost its end in a double would be somebody else's.
  if (typeof user['id'] !== 'number' || !Number.isSafeInteger(user['id']) || user['id'] <= 0)
    throw unreadable()
  const emails = await ask(`${apis}/user/emails`)
  if (!Array.isArray(emails)) throw unreadable()
  const primary = emails
    .filter(isObject)
    .find((each) => each['primary'] === true && each['verified'] === true)
  const email = primary && textIn(primary, 'email')
  const name = textIn(user, 'name')
  const handle = textIn(user, 'login')
  return {
    subject: String(user['id']),
    ...(email === undefined ? {} : { email, isEmailVerified: true }),
    ...(name === undefined ? {} : { name }),
    ...(handle === undefined ? {} : { handle }),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(): ProviderError {
  return new ProviderError('unavailable', 'github: the API did not answer as it is known to')
}
