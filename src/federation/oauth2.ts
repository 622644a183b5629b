/** A provider that speaks OAuth 2 and no OpenID: who the person is has to be asked of an API of its own. */

import type { AuthorizationServer } from 'oauth4webapi'
import { OutgoingError } from '../http/outgoing.ts'
import type { FetchLike } from '../http/outgoing.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { Provider, ProviderProfile } from '../server/federation/provider.ts'
import { authorizationUrl, guarded, redeemCode, refreshed, stepOf, tokensOf } from './code-flow.ts'
import type { ClientAuthenticationMethod, ClientOptions } from './code-flow.ts'

/** Who an API says that somebody is. */
export interface OAuth2Person extends Partial<ProviderProfile> {
  /** The name that the provider has given the person, never to be another's: a number as text, not a login name. */
  readonly subject: string
}

/** Asks an API of the provider, with the person's token. Answers what it says, as JSON. */
export type AskProvider = (url: string) => Promise<unknown>

/** An OAuth 2 provider. */
export interface OAuth2Options extends ClientOptions {
  readonly id: string
  readonly name: string
  /** Its name, which it may send with its answer (RFC 9207); what it sends is not looked at unless told. */
  readonly issuer?: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** Finds out who has logged in. Only an address that the provider has seen proof of may be called verified. */
  readonly person: (ask: AskProvider) => Promise<OAuth2Person>
  /** How the client authenticates; `client_secret_basic` unless told. */
  readonly clientAuthentication?: ClientAuthenticationMethod
  /** What is asked for when the person is to prove again who they are. Nothing unless told. */
  readonly again?: Readonly<Record<string, string>>
}

/**
 * An OAuth 2 provider that people can log in with.
 *
 * @example
 *
 * ```ts
 * oauth2({
 *   id: 'forge',
 *   name: 'Forge',
 *   authorizationEndpoint: 'https://forge.example/oauth/authorize',
 *   tokenEndpoint: 'https://forge.example/oauth/token',
 *   clientId,
 *   clientSecret,
 *   async person(ask) {
 *     const me = person.parse(await ask('https://forge.example/api/me'))
 *     return { subject: String(me.id), name: me.name }
 *   },
 * })
 * ```
 */
export function oauth2(options: OAuth2Options): Provider {
  const { id, name, issuer } = options
  const method = options.clientAuthentication ?? 'client_secret_basic'
  const scope = (options.scopes ?? []).join(' ')
  const server: AuthorizationServer = {
    issuer: issuer ?? options.authorizationEndpoint,
    authorization_endpoint: options.authorizationEndpoint,
    token_endpoint: options.tokenEndpoint,
  }
  return {
    id,
    name,
    keepsTokens: options.keepTokens ?? false,
    begin: (world, attempt) =>
      guarded(id, async () =>
        authorizationUrl(world, options.authorizationEndpoint, options, attempt, {
          ...options.parameters,
          ...(attempt.isAgain ? options.again : {}),
          ...(scope === '' ? {} : { scope }),
        }),
      ),
    finish: (world, attempt, parameters) =>
      guarded(id, async () => {
        const step = await stepOf(world, options, method)
        // Each provider has a callback of its own, which is as good against a mix-up (RFC 9700 §4.4.2).
        const sent = issuer === undefined ? parameters.filter(([key]) => key !== 'iss') : parameters
        const { tokens } = await redeemCode(step, server, attempt, sent)
        const person = await personOf(options, (url) => asked(id, step.send, url, tokens.access_token))
        if (typeof person.subject !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(person.subject)) {
          throw new ProviderError('refused', `${id}: the name of the person is not usable`)
        }
        const { subject, isEmailVerified = false, ...profile } = person
        return {
          issuer: server.issuer,
          subject,
          profile: { ...profile, isEmailVerified: isEmailVerified && profile.email !== undefined },
          tokens: tokensOf(tokens, world.now()),
        }
      }),
    refresh: (world, refreshToken) =>
      guarded(id, async () => {
        const step = await stepOf(world, options, method)
        return tokensOf(await refreshed(step, server, refreshToken), world.now())
      }),
  }
}

/** What an application has written may throw what it likes: for the person it is the provider that did not answer. */
async function personOf({ id, person }: OAuth2Options, ask: AskProvider): Promise<OAuth2Person> {
  try {
    return await person(ask)
  } catch (error) {
    if (error instanceof ProviderError || error instanceof OutgoingError) throw error
    throw new ProviderError('unavailable', `${id}: nobody could be read from what its API answered`, error)
  }
}

async function asked(id: string, send: FetchLike, url: string, accessToken: string): Promise<unknown> {
  const answer = await send(url, {
    headers: {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json',
      // GitHub turns away whoever does not say who they are.
      'user-agent': 'gatewright',
    },
  })
  if (!answer.ok) throw new ProviderError('unavailable', `${id}: an API answered with ${answer.status}`)
  try {
    return await answer.json()
  } catch {
    throw new ProviderError('unavailable', `${id}: an API did not answer with JSON`)
  }
}
