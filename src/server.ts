/** `gatewright/server`: accounts, and the authorization server with its pages. */

import { defaultPages } from './pages/default-pages.ts'
import { authorizationServer as serverOf } from './server/authorization-server.ts'
import type { AuthorizationServer } from './server/authorization-server.ts'
import type { AuthorizationServerOptions, ScopeCatalogue } from './server/options.ts'

export { defaultPages } from './pages/default-pages.ts'
export type { DefaultPagesOptions } from './pages/default-pages.ts'
export type { Brand } from './pages/styles.ts'
export type { RecoveryWords } from './pages/recovery-words.ts'
export type { ProviderWords } from './pages/provider-words.ts'
export type { Letters, LetterWords } from './pages/letters.ts'
export type { Translation, Words } from './pages/words.ts'
export * from './server/index.ts'

/**
 * An authorization server, with its pages. `app.mount(server)` serves it beside an API,
 * `server.app` alone.
 *
 * @example
 *
 * ```ts
 * const server = authorizationServer({
 *   issuer: 'http://localhost:8000',
 *   database: 'file:app.db',
 *   scopes: { me: 'See your profile', 'items:write': 'Add and change your items' },
 * })
 * const auth = server.bearer()
 * const app = api().mount(server).get('/me', { token: security(auth, ['me']) }, ({ token }) => token.subject)
 * ```
 *
 * @throws {TypeError} For an option that cannot be right; the message names it and says what would be.
 */
export function authorizationServer<const Scopes extends ScopeCatalogue>(
  options: AuthorizationServerOptions<Scopes>,
): AuthorizationServer<keyof Scopes & string> {
  return serverOf({ ...options, pages: options.pages ?? defaultPages() })
}
