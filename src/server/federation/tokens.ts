/** The tokens of other providers: kept encrypted where that is asked for, and renewed when they are used. */

import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import type { StoredIdentity } from '../../store/ports/identities.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { ProviderError } from './provider.ts'
import type { Provider, ProviderTokens } from './provider.ts'

/** The providers that an account is linked to. */
export interface LinkedProviders {
  /** Which they are. */
  list(subject: string): Promise<readonly LinkedProvider[]>
  /**
   * An access token to call the provider's API with, for the person. One that is about to end is renewed first.
   *
   * @param subject The id of the account.
   * @param provider The id of the provider, which has `keepTokens`.
   * @returns `undefined` when there is none, or it cannot be renewed any more: the person has to log in there again.
   * @throws {ProviderError} When the provider does not answer.
   */
  accessToken(subject: string, provider: string): Promise<string | undefined>
}

/** A provider that an account is linked to. */
export interface LinkedProvider {
  /** Names this link. */
  readonly id: string
  readonly provider: string
  /** What its owner knows it by, of the last login. */
  readonly label?: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** So long before its end a token is renewed, in milliseconds: on its way it must not get too old. */
const margin = 60_000

/** The linked providers of a server. */
export function linkedProviders(service: Pick<Service, 'identities' | 'settings'>): LinkedProviders {
  const renewing = new Map<string, Promise<string | undefined>>()
  return {
    list: async (subject) => (await service.identities.listIdentities(subject)).map(linkOf),
    async accessToken(subject, providerId) {
      const { identities, settings } = service
      const provider = settings.providers.get(providerId)
      const identity = (await identities.listIdentities(subject)).findLast(
        (each) => each.provider === providerId && each.tokens !== undefined,
      )
      if (provider === undefined || identity === undefined) return undefined
      const tokens = opened(settings, identity)
      if (tokens === undefined) return undefined
      const { accessToken, expiresAt, refreshToken } = tokens
      if (expiresAt === undefined || expiresAt - margin > settings.now()) return accessToken
      if (refreshToken === undefined) return expiresAt > settings.now() ? accessToken : undefined
      // A refresh token is often good once: whoever asks at the same time waits for the same answer.
      const going =
        renewing.get(identity.id) ??
        renewed(service, provider, identity, refreshToken).finally(() => renewing.delete(identity.id))
      renewing.set(identity.id, going)
      return going
    },
  }
}

/** The link of an identity. */
export function linkOf({ id, provider, profile, createdAt, lastUsedAt }: StoredIdentity): LinkedProvider {
  const { label } = profile
  return { id, provider, ...(typeof label === 'string' ? { label } : {}), createdAt, lastUsedAt }
}

/** The tokens as they are kept; `undefined` where they are not. */
export function sealedTokens(
  settings: Settings,
  { keepsTokens }: Provider,
  identityId: string,
  tokens: ProviderTokens,
): string | undefined {
  return keepsTokens ? seal(keyOf(settings), JSON.stringify(tokens), identityId) : undefined
}

async function renewed(
  { identities, settings }: Pick<Service, 'identities' | 'settings'>,
  provider: Provider,
  identity: StoredIdentity,
  refreshToken: string,
): Promise<string | undefined> {
  try {
    const tokens = await provider.refresh(settings, refreshToken)
    const next = { refreshToken, ...tokens }
    const sealed = seal(keyOf(settings), JSON.stringify(next), identity.id)
    await identities.replaceIdentityTokens(identity.id, identity.tokens ?? '', sealed)
    return tokens.accessToken
  } catch (error) {
    if (!(error instanceof ProviderError) || error.fault !== 'refused') throw error
    // Another process may have been faster, and has the next ones.
    const now = (await identities.listIdentities(identity.subject)).find((each) => each.id === identity.id)
    const tokens = now === undefined || now.tokens === identity.tokens ? undefined : opened(settings, now)
    return tokens?.accessToken
  }
}

function opened(settings: Settings, { id, tokens }: StoredIdentity): ProviderTokens | undefined {
  const text = tokens === undefined ? undefined : unseal(keyOf(settings), tokens, id)
  // Written by `sealedTokens`, and sealed since. Under another secret key there are none.
  return text === undefined ? undefined : (JSON.parse(text) as ProviderTokens)
}

function keyOf({ secretKey }: Settings): Uint8Array {
  return deriveKey(secretKey, 'gatewright tokens of providers')
}
