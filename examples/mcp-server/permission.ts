/** What the SDK's client leaves to whoever uses it: what is kept, the page for the person, and whose answer it is. */

import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type {
  AuthorizationServerMetadata,
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'

/** What a program knows of itself, and what it keeps between its runs. */
export interface Program {
  /** Where the browser comes back to: `http://127.0.0.1:53682/callback`. */
  readonly redirectUrl: string
  /** Its document; without one it registers. */
  readonly documentUrl?: string
  /** Shows the page to the person, and resolves with what the browser came back with. */
  readonly ask: (url: URL) => Promise<URLSearchParams>
  readonly kept: Kept
}

export interface Kept {
  client?: OAuthClientInformationMixed
  tokens?: OAuthTokens
}

/** The SDK's side of it, and the program's. */
export interface Permission {
  readonly authProvider: OAuthClientProvider
  /** The next time, the person is asked, whatever is kept. */
  readonly needsMore: () => void
  /** What the person's browser brought. */
  readonly code: () => Promise<string>
}

export function permission({ redirectUrl, documentUrl, ask, kept }: Program): Permission {
  let verifier = ''
  let state = ''
  let isTooLittle = false
  let server: AuthorizationServerMetadata | undefined
  let answer: Promise<URLSearchParams> | undefined

  const authProvider: OAuthClientProvider = {
    redirectUrl,
    ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }),
    clientMetadata: metadata(redirectUrl),
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    // A refresh brings no scope that the person has not allowed. Without a refresh token the SDK asks them.
    tokens: () => (isTooLittle ? withoutRefresh(kept.tokens) : kept.tokens),
    saveTokens: (tokens) => void (kept.tokens = tokens),
    // When the server knows them no more. The SDK then begins anew.
    invalidateCredentials(what) {
      delete kept.tokens
      if (what === 'all') delete kept.client
    },
    saveCodeVerifier: (given) => void (verifier = given),
    codeVerifier: () => verifier,
    state: () => (state = crypto.randomUUID()),
    saveDiscoveryState({ authorizationServerUrl, authorizationServerMetadata }) {
      // RFC 8414 §3.3: what names another server is not to be used.
      if (authorizationServerMetadata?.issuer !== authorizationServerUrl) {
        throw new Error(`${authorizationServerUrl} has no metadata of its own`)
      }
      server = authorizationServerMetadata
    },
    redirectToAuthorization(page) {
      isTooLittle = false
      answer = ask(page)
    },
  }

  async function code(): Promise<string> {
    const came = (await answer) ?? new URLSearchParams()
    answer = undefined
    // RFC 9207 §2.4: with another server's answer, its code would go to this one.
    const from = came.get('iss') ?? (namesItself(server) ? undefined : server?.issuer)
    if (came.get('state') !== state || from !== server?.issuer) throw new Error('This was not asked for')
    const found = came.get('code')
    if (found === null) throw new Error(`Not allowed: ${came.get('error')}`)
    return found
  }

  return { authProvider, needsMore: () => void (isTooLittle = true), code }
}

function metadata(redirectUrl: string): OAuthClientMetadata & { readonly application_type: string } {
  return {
    client_name: 'Notes program',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  }
}

function withoutRefresh(tokens: OAuthTokens | undefined): OAuthTokens | undefined {
  if (tokens === undefined) return undefined
  const { refresh_token: _, ...rest } = tokens
  return rest
}

function namesItself(server: AuthorizationServerMetadata | undefined): boolean {
  return (
    (server as Readonly<Record<string, unknown>> | undefined)?.[
      'authorization_response_iss_parameter_supported'
    ] === true
  )
}
