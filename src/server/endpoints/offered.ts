/** What this server offers: one list for what is served and what the metadata says. */

import type { ClientAuthenticationMethod, GrantType } from '../../protocol/client-metadata.ts'
import type { ServerEndpoints } from '../../protocol/server-metadata.ts'
import type { Settings } from '../settings.ts'

/** The grants of the token endpoint. */
export const offeredGrants: ReadonlySet<GrantType> = new Set<GrantType>([
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
])

/** The same, with the password grant where a client of the options may use it. */
export function offeredGrantsOf({ clients }: Settings): ReadonlySet<GrantType> {
  const mayUse = clients.some(
    ({ firstParty, grantTypes }) => firstParty === true && grantTypes?.includes('password'),
  )
  return mayUse ? new Set([...offeredGrants, 'password']) : offeredGrants
}

/** How clients authenticate. */
export const offeredMethods: readonly ClientAuthenticationMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
]

/** Where the endpoints are, below the issuer. */
export function offeredEndpoints({ registration, pages, openid }: Settings): ServerEndpoints {
  return {
    ...(pages === undefined ? {} : { authorization: '/authorize' }),
    ...(openid === undefined ? {} : { userinfo: '/userinfo', endSession: '/logout' }),
    token: '/token',
    deviceAuthorization: '/device_authorization',
    jwks: '/jwks',
    revocation: '/revoke',
    revocationFeed: '/revocations',
    introspection: '/introspect',
    pushedAuthorizationRequest: '/par',
    ...(registration === undefined ? {} : { registration: '/register' }),
  }
}
