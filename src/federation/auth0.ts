/** Auth0. */

import type { Provider } from '../server/federation/provider.ts'
import type { ClientOptions } from './code-flow.ts'
import { openid } from './openid.ts'

/** A regular web application of an Auth0 tenant. */
export interface Auth0Options extends ClientOptions {
  /** `tenant.eu.auth0.com`, or a domain of your own. */
  readonly domain: string
  readonly clientSecret: string
  /** As in `openid`: whether `email_verified` counts. It is as good as every connection of the tenant. False unless told. */
  readonly trustEmail?: boolean
}

/**
 * Sign in with a tenant of Auth0.
 *
 * @throws {TypeError} When the domain is none.
 */
export function auth0({ domain, ...options }: Auth0Options): Provider {
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain)) {
    throw new TypeError('auth0: the option domain is a host name such as tenant.eu.auth0.com')
  }
  return openid({
    ...options,
    id: options.id ?? 'auth0',
    name: options.name ?? 'Auth0',
    issuer: `https://${domain}/`,
    // Tenants are set up to take the secret this way unless told.
    clientAuthentication: 'client_secret_post',
    scopes: [...(options.keepTokens === true ? ['offline_access'] : []), ...(options.scopes ?? [])],
  })
}
