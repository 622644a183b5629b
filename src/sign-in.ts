/** `gatewright/sign-in`: the providers that people log in with, at an authorization server or at an app alone. */

import { signInOf } from './federation/sign-in-with.ts'
import type { SignIn, SignInOptions } from './federation/sign-in-with.ts'
import { signInPages } from './pages/sign-in.ts'
import type { Brand } from './pages/styles.ts'

export { apple } from './federation/apple.ts'
export type { AppleOptions } from './federation/apple.ts'
export { auth0 } from './federation/auth0.ts'
export type { Auth0Options } from './federation/auth0.ts'
export type { ClientAuthenticationMethod, ClientOptions } from './federation/code-flow.ts'
export { github } from './federation/github.ts'
export type { GithubOptions } from './federation/github.ts'
export { google } from './federation/google.ts'
export type { GoogleOptions } from './federation/google.ts'
export { microsoft } from './federation/microsoft.ts'
export type { MicrosoftOptions } from './federation/microsoft.ts'
export { oauth2 } from './federation/oauth2.ts'
export type { AskProvider, OAuth2Options, OAuth2Person } from './federation/oauth2.ts'
export { openid } from './federation/openid.ts'
export type { OpenIdOptions } from './federation/openid.ts'
export type { SignIn, SignInOptions } from './federation/sign-in-with.ts'
export type { SignedInPerson, VisitorLifetimes } from './federation/visitors.ts'
export { ProviderError } from './server/federation/provider.ts'
export type {
  Provider,
  ProviderAttempt,
  ProviderFault,
  ProviderLogin,
  ProviderProfile,
  ProviderTokens,
  ProviderWorld,
} from './server/federation/provider.ts'

/**
 * Signing in with providers, for an app that keeps no accounts and has no authorization server: a page with their
 * buttons, the way there and back, and a session in a cookie that is kept and ended on the server.
 *
 * @example
 *
 * ```ts
 * const signIn = signInWith({
 *   origin: 'http://localhost:8000',
 *   database: 'file:app.db',
 *   providers: [github({ clientId, clientSecret })],
 * })
 * const app = api().mount(signIn).get('/me', { person: signIn.currentUser }, ({ person }) => person)
 * ```
 *
 * @throws {TypeError} For an option that cannot be right; the message names it and says what would be.
 */
export function signInWith({ brand, ...options }: SignInOptions & { readonly brand?: Brand }): SignIn {
  return signInOf(options, signInPages(brand))
}
