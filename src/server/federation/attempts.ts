/** A login elsewhere from its button to its callback: bound to one browser and one provider, good once and for a short time. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { randomToken } from '../../crypto/random.ts'
import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { LoginAttemptStore } from '../../store/ports/identities.ts'
import { forwardedAnswer } from './posted-answer.ts'
import type { Provider, ProviderAttempt, ProviderLogin, ProviderWorld } from './provider.ts'

/** How long somebody may take at the other provider, in milliseconds. */
const attemptLifetime = 600_000

/** Where attempts are made. */
export interface AttemptWorld extends ProviderWorld {
  readonly store: LoginAttemptStore
  readonly secretKey: string
}

/** Which browser it is, and what it is for. */
export interface AttemptBegin<Purpose> {
  /** SHA-256 of the browser's cookie, as base64url. */
  readonly browserHash: string
  readonly redirectUri: string
  /** What the end has to know. It is encrypted, and nobody can exchange it. */
  readonly purpose: Purpose
  readonly isAgain?: boolean
}

/** An attempt that came back: what it is for, and the login, which is still to be fetched. */
export interface ReturnedAttempt<Purpose> {
  readonly purpose: Purpose
  login(): Promise<ProviderLogin>
}

/**
 * Begins one.
 *
 * @returns Where the browser goes.
 * @throws {ProviderError} When the provider cannot be asked; then nothing is kept.
 */
export async function beginAttempt<Purpose>(
  world: AttemptWorld,
  provider: Provider,
  { browserHash, redirectUri, purpose, isAgain = false }: AttemptBegin<Purpose>,
): Promise<string> {
  const attempt: ProviderAttempt = {
    redirectUri,
    state: randomToken(32),
    nonce: randomToken(32),
    codeVerifier: randomToken(32),
    isAgain,
  }
  const location = await provider.begin(world, attempt)
  const hash = sha256Base64url(attempt.state)
  const now = world.now()
  const { state: _, ...kept } = attempt
  await world.store.saveLoginAttempt({
    hash,
    browserHash,
    provider: provider.id,
    data: seal(keyOf(world), JSON.stringify({ ...kept, purpose }), hash),
    createdAt: now,
    expiresAt: now + attemptLifetime,
  })
  return location
}

/**
 * Takes up the one that a browser came back from, which uses it up, whatever comes of it.
 *
 * @returns `undefined` when it was not begun by this browser with this provider, is used, or too old.
 */
export async function returnedAttempt<Purpose>(
  world: AttemptWorld,
  provider: Provider,
  browserHash: string,
  query: SentParameters,
): Promise<ReturnedAttempt<Purpose> | undefined> {
  const parameters = provider.postsAnswer === true ? forwardedAnswer(world.secretKey, query) : query
  const state = sortParameters(parameters).one('state')
  if (state === undefined || !/^[\w-]{43}$/.test(state)) return undefined
  const hash = sha256Base64url(state)
  const from = { browserHash, provider: provider.id, now: world.now() }
  const sealed = await world.store.consumeLoginAttempt(hash, from)
  const opened = sealed === undefined ? undefined : unseal(keyOf(world), sealed, hash)
  if (opened === undefined) return undefined
  // Written by `beginAttempt`, and sealed since.
  const { purpose, ...kept } = JSON.parse(opened) as Omit<ProviderAttempt, 'state'> & { purpose: Purpose }
  return { purpose, login: () => provider.finish(world, { ...kept, state }, parameters) }
}

function keyOf({ secretKey }: AttemptWorld): Uint8Array {
  return deriveKey(secretKey, 'gatewright logins elsewhere')
}
