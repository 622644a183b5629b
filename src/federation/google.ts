/** Google. */

import type { Provider } from '../server/federation/provider.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { ClientOptions } from './code-flow.ts'
import { openIdProvider } from './openid.ts'
import { textIn } from './profile.ts'

/** A Google client for web applications. */
export interface GoogleOptions extends ClientOptions {
  readonly clientSecret: string
  /** Lets in the people of one Google Workspace only: `example.com`. */
  readonly hostedDomain?: string
}

/**
 * Sign in with Google.
 *
 * An address counts as verified where Google has the say over it: at gmail.com, and in a Workspace. Of others Google knows
 * only that they were somebody's once.
 */
export function google({ hostedDomain, ...options }: GoogleOptions): Provider {
  return openIdProvider(
    {
      ...options,
      id: options.id ?? 'google',
      name: options.name ?? 'Google',
      issuer: 'https://accounts.google.com',
      clientAuthentication: 'client_secret_post',
      parameters: {
        ...options.parameters,
        ...(hostedDomain === undefined ? {} : { hd: hostedDomain }),
        // Without both there is no refresh token.
        ...(options.keepTokens === true ? { access_type: 'offline', prompt: 'consent' } : {}),
      },
    },
    {
      // Google has no prompt=login.
      again: { prompt: 'select_account' },
      // What the browser is sent with is a wish: whoever goes there can change it.
      check(claims) {
        if (hostedDomain !== undefined && claims['hd'] !== hostedDomain) {
          throw new ProviderError('refused', 'google: the person is not of the Workspace')
        }
      },
      isEmailVerified: (claims) =>
        claims['email_verified'] === true &&
        (textIn(claims, 'hd') !== undefined || /@gmail\.com$/i.test(textIn(claims, 'email') ?? '')),
    },
  )
}
