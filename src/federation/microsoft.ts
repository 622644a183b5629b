/** Microsoft Entra ID, and personal Microsoft accounts. */

import type { Provider } from '../server/federation/provider.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { ClientOptions } from './code-flow.ts'
import { openIdProvider } from './openid.ts'

/** An application registered with Microsoft. */
export interface MicrosoftOptions extends ClientOptions {
  readonly clientSecret: string
  /**
   * Who gets in: the id of a tenant; or `organizations` for every tenant, `consumers` for personal accounts, `common` for
   * both.
   */
  readonly tenant: string
  /** With `organizations` or `common`: the ids of the tenants that get in. All of them unless told. */
  readonly tenants?: readonly string[]
  /** Another cloud: `https://login.microsoftonline.us`. */
  readonly authority?: string
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The tenant that every personal account is in. */
const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Sign in with Microsoft.
 *
 * An address never counts as verified: whoever runs a tenant writes what they like into it (nOAuth). People are known by
 * their tenant and the name that they have there.
 *
 * @throws {TypeError} When the tenant is none of those.
 */
export function microsoft({ tenant, tenants, authority, ...options }: MicrosoftOptions): Provider {
  const isMany = ['common', 'organizations', 'consumers'].includes(tenant)
  if (!isMany && !guid.test(tenant)) {
    throw new TypeError(
      'microsoft: the option tenant is the id of a tenant, or organizations, consumers or common',
    )
  }
  const wrong = tenants?.find((each) => !guid.test(each))
  if (wrong !== undefined) throw new TypeError('microsoft: the option tenants holds ids of tenants')
  const base = (authority ?? 'https://login.microsoftonline.com').replace(/\/$/, '')
  const isLetIn = (id: string): boolean => {
    if (!isMany) return id === tenant
    if (tenant === 'consumers') return id === consumers
    if (tenant === 'organizations' && id === consumers) return false
    return tenants?.includes(id) ?? true
  }
  return openIdProvider(
    {
      ...options,
      id: options.id ?? 'microsoft',
      name: options.name ?? 'Microsoft',
      // Of `consumers` the document names the tenant; of the others it holds a place for it.
      issuer: `${base}/${tenant === 'consumers' ? consumers : isMany ? '{tenantid}' : tenant}/v2.0`,
      clientAuthentication: 'client_secret_post',
      scopes: [...(options.keepTokens === true ? ['offline_access'] : []), ...(options.scopes ?? [])],
    },
    {
      discovery: `${base}/${tenant}/v2.0`,
      issuerOf({ tid }) {
        if (typeof tid !== 'string' || !guid.test(tid) || !isLetIn(tid)) {
          throw new ProviderError('refused', 'microsoft: the person is of a tenant that is not let in')
        }
        return `${base}/${tid}/v2.0`
      },
      isEmailVerified: () => false,
      // Its userinfo is an API of another service, and says no more.
      hasUserinfo: false,
    },
  )
}
