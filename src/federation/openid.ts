/** Any OpenID provider, by discovery (OpenID Connect Core 1.0, Discovery 1.0). */

import { createHash } from 'node:crypto'
import type { AuthorizationServer, IDToken, JWKSCacheInput } from 'oauth4webapi'
import { checkIssuer } from '../protocol/issuer.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { Provider, ProviderProfile, ProviderWorld } from '../server/federation/provider.ts'
import { authorizationUrl, guarded, redeemCode, refreshed, stepOf, tokensOf } from './code-flow.ts'
import type { ClientAuthenticationMethod, ClientOptions, Step } from './code-flow.ts'
import { textIn } from './profile.ts'

/** An OpenID provider. */
export interface OpenIdOptions extends ClientOptions {
  readonly id: string
  readonly name: string
  /** Its name and address, exactly as it has it: `https://login.example.com`. */
  readonly issuer: string
  /** How the client authenticates; `client_secret_basic` unless told. */
  readonly clientAuthentication?: ClientAuthenticationMethod
  /**
   * Whether its word counts that an address is the person's (`email_verified`): whoever runs it, or can change what it
   * says, can then make accounts with any address. False unless told.
   */
  readonly trustEmail?: boolean
  /**
   * How it answers: in the address (`query`, unless told), or with a form that the browser posts, for a provider that
   * answers in no other way.
   */
  readonly responseMode?: 'query' | 'form_post'
}

/** Where a preset differs. */
export interface OpenIdPreset {
  /** Where the document is, if not below the issuer. */
  readonly discovery?: string
  /** The issuer of an ID token, by what is in it before anything of it is believed. */
  readonly issuerOf?: (claims: IDToken) => string
  /** What is asked for when the person is to prove again who they are; `prompt=login` unless told. */
  readonly again?: Readonly<Record<string, string>>
  /** Looks at the claims of a token that is good, and refuses it with a {@link ProviderError}. */
  readonly check?: (claims: IDToken) => void
  /** Whether an address is verified, in the words of this provider. */
  readonly isEmailVerified?: (claims: IDToken) => boolean
  /** What is asked for unless told; `openid`, `profile` and `email` if there is nothing here. */
  readonly scopes?: readonly string[]
  /** The secret of this moment, for a provider that wants a new one each time. `now` is in milliseconds since 1970. */
  readonly secretAt?: (now: number) => Promise<string>
  /** What the person is called, by what stands beside the code. Whoever has the browser can change it, as their name. */
  readonly nameIn?: (parameters: SentParameters) => string | undefined
  /** Whether to ask for more claims than the ID token has; true unless told. */
  readonly hasUserinfo?: boolean
}

/** How long a document is used before it is asked for again, in milliseconds. */
const documentLifetime = 3_600_000

/**
 * An OpenID provider that people can log in with.
 *
 * @example
 *
 * ```ts
 * openid({ id: 'work', name: 'Example Inc.', issuer: 'https://login.example.com', clientId, clientSecret })
 * ```
 *
 * @throws {TypeError} When the issuer is no https address.
 */
export function openid(options: OpenIdOptions): Provider {
  checkIssuer(options.issuer)
  return openIdProvider(options, {
    isEmailVerified: (claims) => options.trustEmail === true && claims['email_verified'] === true,
  })
}

/** An OpenID provider with what a preset knows of it. */
export function openIdProvider(options: OpenIdOptions, preset: OpenIdPreset): Provider {
  const { id, name, issuer } = options
  const method = options.clientAuthentication ?? 'client_secret_basic'
  const asked = preset.scopes ?? ['openid', 'profile', 'email']
  const scope = [...new Set([...asked, ...(options.scopes ?? [])])].join(' ')
  const isPosted = options.responseMode === 'form_post'
  const keys: JWKSCacheInput = {}
  let known: { readonly until: number; readonly server: Promise<AuthorizationServer> } | undefined

  async function stepIn(world: ProviderWorld): Promise<Step> {
    const clientSecret = await preset.secretAt?.(world.now())
    return stepOf(world, clientSecret === undefined ? options : { ...options, clientSecret }, method)
  }

  /** The document, asked for once by all who need it at the same time. */
  function serverAt(step: Step): Promise<AuthorizationServer> {
    if (known !== undefined && performance.now() < known.until) return known.server
    const server = discovered(step, issuer, preset.discovery ?? issuer)
    const mine = { until: performance.now() + documentLifetime, server }
    known = mine
    server.catch(() => {
      if (known === mine) known = undefined
    })
    return server
  }

  return {
    id,
    name,
    keepsTokens: options.keepTokens ?? false,
    postsAnswer: isPosted,
    begin: (world, attempt) =>
      guarded(id, async () => {
        const server = await serverAt(await stepIn(world))
        return authorizationUrl(world, server.authorization_endpoint ?? '', options, attempt, {
          ...options.parameters,
          ...(attempt.isAgain ? (preset.again ?? { prompt: 'login' }) : {}),
          ...(isPosted ? { response_mode: 'form_post' } : {}),
          scope,
          nonce: attempt.nonce,
        })
      }),
    finish: (world, attempt, parameters) =>
      guarded(id, async () => {
        const step = await stepIn(world)
        const { library, requests } = step
        const found = await serverAt(step)
        const { server, response, tokens } = await redeemCode(step, found, attempt, parameters, {
          nonce: attempt.nonce,
          serverOf: async (answer) => issuedBy(found, answer, preset),
        })
        // Core §3.1.3.7 lets the connection vouch for the token. The signature does so as well.
        await library.validateApplicationLevelSignature(server, response, {
          ...requests,
          [library.jwksCache]: keys,
        })
        const claims = library.getValidatedIdTokenClaims(tokens)
        if (claims === undefined) throw new ProviderError('refused', `${id}: there is no ID token`)
        checkAccessTokenHash(id, tokens.id_token ?? '', tokens.access_token, claims)
        preset.check?.(claims)
        const subject = subjectOf(id, claims.sub)
        const all =
          preset.hasUserinfo === false
            ? claims
            : await withUserinfo(step, server, tokens.access_token, claims)
        return {
          issuer: claims.iss,
          subject,
          profile: profileOf(all, preset.isEmailVerified?.(all) ?? false, preset.nameIn?.(parameters)),
          tokens: tokensOf(tokens, world.now()),
        }
      }),
    refresh: (world: ProviderWorld, refreshToken) =>
      guarded(id, async () => {
        const step = await stepIn(world)
        return tokensOf(await refreshed(step, await serverAt(step), refreshToken), world.now())
      }),
  }
}

/** Discovery §4.3: the document must name the issuer that was asked. */
async function discovered(
  { library, requests }: Step,
  issuer: string,
  address: string,
): Promise<AuthorizationServer> {
  const answer = await library.discoveryRequest(new URL(address), requests)
  return library.processDiscoveryResponse(new URL(issuer), answer)
}

/** Where one address stands for many issuers: the token says which, and everything is then checked against that one. */
async function issuedBy(
  server: AuthorizationServer,
  response: Response,
  { issuerOf }: OpenIdPreset,
): Promise<AuthorizationServer> {
  if (issuerOf === undefined) return server
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as { readonly id_token?: unknown } | null
  const token = body?.id_token
  if (typeof token !== 'string') return server
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    return { ...server, issuer: issuerOf(JSON.parse(payload) as IDToken) }
  } catch (error) {
    if (error instanceof ProviderError) throw error
    return server
  }
}

/** Core §3.1.3.8: where the token names its access token, it is this one. What cannot be computed is refused. */
function checkAccessTokenHash(id: string, token: string, accessToken: string, claims: IDToken): void {
  const expected = claims['at_hash']
  if (expected === undefined) return
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')
  const { alg } = JSON.parse(header) as { readonly alg: string }
  const hash = /^(?:RS|PS|ES)(256|384|512)$/.exec(alg)?.[1] ?? (alg.startsWith('Ed') ? '512' : undefined)
  const digest = hash && createHash(`sha${hash}`).update(accessToken).digest()
  const actual = digest && digest.subarray(0, digest.length / 2).toString('base64url')
  if (actual === undefined || actual !== expected) {
    throw new ProviderError('refused', `${id}: the ID token belongs to another access token`)
  }
}

/** Core §5.3.2: the library compares `sub`, without which anybody's claims could be swapped in. */
async function withUserinfo(
  { library, client, requests }: Step,
  server: AuthorizationServer,
  accessToken: string,
  claims: IDToken,
): Promise<IDToken> {
  if (server.userinfo_endpoint === undefined || claims['email'] !== undefined) return claims
  const answer = await library.userInfoRequest(server, client, accessToken, requests)
  // A signed answer would have to be verified; it was not asked for.
  if (/^application\/jwt/i.test(answer.headers.get('content-type') ?? '')) return claims
  const more = await library.processUserInfoResponse(server, client, claims.sub, answer)
  return { ...more, ...claims }
}

/** Core §2: at most 255 characters. They go into the database, which has no NUL. */
function subjectOf(id: string, sub: string): string {
  if (/^[\x20-\x7e]{1,255}$/.test(sub)) return sub
  throw new ProviderError('refused', `${id}: the name of the person is not usable`)
}

function profileOf(claims: IDToken, isEmailVerified: boolean, given?: string): ProviderProfile {
  const email = textIn(claims, 'email')
  const name = textIn(claims, 'name') ?? given
  const handle = textIn(claims, 'preferred_username') ?? textIn(claims, 'nickname')
  return {
    ...(email === undefined ? {} : { email }),
    isEmailVerified: email !== undefined && isEmailVerified,
    ...(name === undefined ? {} : { name }),
    ...(handle === undefined ? {} : { handle }),
  }
}
