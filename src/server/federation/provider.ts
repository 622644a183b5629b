/** The port of other providers: how a login there begins and ends. Who the person is here is decided on this side. */

import type { SentParameters } from '../../protocol/parameters.ts'

/** Somebody else's server that people can log in with. */
export interface Provider {
  /** Stands in addresses and in the database: what it names may not change. Small letters, digits and hyphens. */
  readonly id: string
  /** What people read on its button. */
  readonly name: string
  /** Whether its tokens are kept, encrypted, to call its APIs with. */
  readonly keepsTokens: boolean
  /** Its answer is a form that the browser posts (`response_mode=form_post`). Unless told, it is in the address. */
  readonly postsAnswer?: boolean
  /**
   * Where the browser goes.
   *
   * @throws {ProviderError} `unavailable` when the provider cannot be asked.
   */
  begin(world: ProviderWorld, attempt: ProviderAttempt): Promise<string>
  /**
   * Who has logged in there, by what the browser came back with.
   *
   * @throws {ProviderError} When it is an error, is not to be believed, or the provider does not answer in time.
   */
  finish(world: ProviderWorld, attempt: ProviderAttempt, parameters: SentParameters): Promise<ProviderLogin>
  /**
   * Other tokens for these.
   *
   * @throws {ProviderError} `refused` when they are worth nothing any more.
   */
  refresh(world: ProviderWorld, refreshToken: string): Promise<ProviderTokens>
}

/** What a provider is told of where it is used. */
export interface ProviderWorld {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Development: providers on this computer can be reached, by http as well. */
  readonly isDevelopment: boolean
}

/** One login, from its button to its end. */
export interface ProviderAttempt {
  readonly redirectUri: string
  /** Each is 256 random bits. */
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** The person is to prove again who they are, where the provider can ask for that. */
  readonly isAgain: boolean
}

/** Who somebody is there. */
export interface ProviderLogin {
  /** Which server says so. */
  readonly issuer: string
  /** The name that it has given the person, never to be another's. */
  readonly subject: string
  readonly profile: ProviderProfile
  readonly tokens: ProviderTokens
}

/** What a provider says of a person. */
export interface ProviderProfile {
  readonly email?: string
  /** That the provider has seen proof that the address is the person's, and can be believed. */
  readonly isEmailVerified: boolean
  readonly name?: string
  /** What the person is called there, such as `octocat`: it may be another's tomorrow. */
  readonly handle?: string
}

/** Tokens of a provider. */
export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Milliseconds since 1970; missing for one without an end. */
  readonly expiresAt?: number
  readonly scopes?: string
}

/** Why there is no login. */
export type ProviderFault =
  /** The person said no. */
  | 'cancelled'
  /** The answer is an error, or is not to be believed. */
  | 'refused'
  /** The provider does not answer, or not as it should. */
  | 'unavailable'

/** A login that came to nothing. Its message is for the log, and holds no secret. */
export class ProviderError extends Error {
  readonly fault: ProviderFault

  constructor(fault: ProviderFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'ProviderError'
    this.fault = fault
  }
}

/**
 * Checks a list of providers.
 *
 * @throws {TypeError} Naming what is wrong.
 */
export function checkedProviders(providers: readonly Provider[]): ReadonlyMap<string, Provider> {
  const byId = new Map<string, Provider>()
  for (const provider of providers) {
    const { id, name } = provider
    if (!/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(id)) {
      throw new TypeError(
        `the provider ${JSON.stringify(id)} needs an id of small letters, digits and hyphens`,
      )
    }
    if (name.trim() === '') throw new TypeError(`the provider ${id} needs a name that people can read`)
    if (byId.has(id)) throw new TypeError(`the provider ${id} is there twice; give one of them another id`)
    byId.set(id, provider)
  }
  return byId
}
