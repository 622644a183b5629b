/** The keys that sign: made, published ahead of their use, rotated and retired by themselves, on all nodes together. */

import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import { generateSigningKey, privateJwk, signingKey } from '../../crypto/signing-key.ts'
import type { SigningKey } from '../../crypto/signing-key.ts'
import type { SigningAlgorithm } from '../../crypto/signature.ts'
import type { PublicJwk, PublicKeySet } from '../../crypto/jwk.ts'
import type { GrantStore, StoredSigningKey } from '../../store/grant-store.ts'
import { auditEvent, under } from '../audit.ts'
import type { AuditEvent, Circumstances } from '../audit.ts'
import { idTokenAlgorithms } from '../openid/algorithms.ts'
import type { Settings } from '../settings.ts'

/** How old, at most, a node's list of keys is, in milliseconds. */
const listAge = 30_000

/** A key with its times, ready to sign or verify. */
export interface TimedKey extends StoredSigningKey {
  readonly key: SigningKey
}

/** The keys of one server. */
export interface SigningKeys {
  /** The key that signs now: with the algorithm of access tokens unless told. Each algorithm has its own chain. */
  current(algorithm?: SigningAlgorithm): Promise<SigningKey>
  /** All keys that verifiers should know, ready ones; the list is at most {@link listAge} old. */
  published(): Promise<readonly TimedKey[]>
  jwks(): Promise<PublicKeySet>
  /**
   * Makes and publishes the next key of every chain now; they sign after the time that keys are published ahead. Answers
   * the id of the one for access tokens.
   */
  rotate(by?: Circumstances): Promise<string>
  /** Takes a key out of use at once, as after a leak. */
  remove(id: string, by?: Circumstances): Promise<boolean>
  /** Reads the list again, at most once in half a second: for a `kid` that is not in it. */
  refresh(): Promise<void>
}

/** Opens the keys of a server; the first one is made where there is none. */
export function signingKeys(
  store: GrantStore,
  settings: Settings,
  record: (event: AuditEvent) => Promise<void>,
): SigningKeys {
  const { now } = settings
  const { rotateEvery, publishAhead } = settings.keys
  const chains: readonly SigningAlgorithm[] = [
    ...new Set([settings.keys.algorithm, ...idTokenAlgorithms(settings)]),
  ]
  const sealingKey = deriveKey(settings.secretKey, 'gatewright signing keys')
  const opened = new Map<string, SigningKey>()
  let list: { readonly keys: readonly TimedKey[]; readonly at: number } | undefined
  let loading: Promise<readonly TimedKey[]> | undefined

  /** How long a token of a key may live on, with the clocks that differ and the time others cache the list. */
  const afterlife = longestToken(settings) + 120_000 + listAge

  async function load(): Promise<readonly TimedKey[]> {
    const at = now()
    const stored = await store.listKeys(at)
    const keys = stored.map((each) => ({ ...each, key: keyOf(each) }))
    list = { keys, at }
    return keys
  }

  function reload(): Promise<readonly TimedKey[]> {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  function keyOf(stored: StoredSigningKey): SigningKey {
    const known = opened.get(stored.id)
    if (known !== undefined) return known
    const text = unseal(sealingKey, stored.privateKey, stored.id)
    if (text === undefined) {
      throw new Error(
        'The signing keys in the database are encrypted with another secret key: set GATEWRIGHT_SECRET_KEY to the one before',
      )
    }
    const key = signingKey(JSON.parse(text) as Parameters<typeof signingKey>[0], {
      algorithm: stored.algorithm as SigningAlgorithm, // written by `make` below
      keyId: stored.id,
    })
    opened.set(stored.id, key)
    return key
  }

  async function fresh(algorithm: SigningAlgorithm): Promise<readonly TimedKey[]> {
    const keys = list !== undefined && now() - list.at < listAge ? list.keys : await reload()
    return keys.some((each) => each.algorithm === algorithm) ? keys : make(algorithm, undefined, now())
  }

  /** Another node may do the same at the same moment: the store takes one, and both go on with what it took. */
  async function make(
    algorithm: SigningAlgorithm,
    after: TimedKey | undefined,
    signsFrom: number,
    by: Circumstances = {},
  ): Promise<readonly TimedKey[]> {
    const at = now()
    const key = await generateSigningKey(algorithm)
    const secret = JSON.stringify(privateJwk(key))
    const wasTaken = await store.rotateKeys({
      key: {
        id: key.keyId,
        algorithm,
        publicKey: JSON.stringify(key.publicJwk),
        privateKey: seal(sealingKey, secret, key.keyId),
        publishedAt: at,
        signsFrom,
      },
      ...(after === undefined ? {} : { after: after.id, predecessorRemovedAt: signsFrom + afterlife }),
    })
    if (wasTaken) {
      opened.set(key.keyId, key)
      await record(under(auditEvent('key.rotated', at, { details: { kid: key.keyId } }), by))
    }
    return reload()
  }

  function latest(keys: readonly TimedKey[], algorithm: SigningAlgorithm): TimedKey | undefined {
    return keys.filter((each) => each.algorithm === algorithm).at(-1)
  }

  function signingAt(
    keys: readonly TimedKey[],
    algorithm: SigningAlgorithm,
    at: number,
  ): TimedKey | undefined {
    return keys.findLast(
      (each) =>
        each.algorithm === algorithm &&
        each.signsFrom <= at &&
        (each.retiredAt === undefined || each.retiredAt > at),
    )
  }

  async function rotatedIfDue(algorithm: SigningAlgorithm): Promise<readonly TimedKey[]> {
    const keys = await fresh(algorithm)
    const last = latest(keys, algorithm)
    if (last === undefined) throw new Error('There is no signing key')
    // The next one is made early enough to be published ahead and still sign in time.
    const dueAt = last.signsFrom + Math.max(0, rotateEvery - publishAhead) * 1000
    if (now() < dueAt) return keys
    return make(algorithm, last, Math.max(now(), last.signsFrom) + publishAhead * 1000)
  }

  async function rotated(algorithm: SigningAlgorithm, by: Circumstances): Promise<string> {
    const last = latest(await fresh(algorithm), algorithm)
    const signsFrom = Math.max(now(), last?.signsFrom ?? 0) + publishAhead * 1000
    const made = await make(algorithm, last, signsFrom, by)
    const next = latest(made, algorithm)
    if (next === undefined || next.id === last?.id) throw new Error('No key was made; try again')
    return next.id
  }

  return {
    async current(algorithm = settings.keys.algorithm) {
      const keys = await rotatedIfDue(algorithm)
      const found =
        // Read now: a key that has just been made begins at this moment.
        signingAt(keys, algorithm, now()) ??
        // Nothing may sign, as after the key that did was taken out: a new one begins at once. A retired one never comes back.
        signingAt(await make(algorithm, latest(keys, algorithm), now()), algorithm, now())
      if (found === undefined) throw new Error('There is no signing key')
      return found.key
    },
    published: () => rotatedIfDue(settings.keys.algorithm),
    async jwks() {
      let keys: readonly TimedKey[] = []
      // Every chain is begun before somebody keeps the set: what will sign is in it.
      for (const algorithm of chains) keys = await rotatedIfDue(algorithm)
      return { keys: keys.map((each) => JSON.parse(each.publicKey) as PublicJwk) }
    },
    async rotate(by = {}) {
      const id = await rotated(settings.keys.algorithm, by)
      const used = new Set((await reload()).map(({ algorithm }) => algorithm))
      for (const algorithm of chains.slice(1)) if (used.has(algorithm)) await rotated(algorithm, by)
      return id
    },
    async remove(id, by = {}) {
      const at = now()
      const wasUsed = await store.removeKey(id, at)
      if (wasUsed) await record(under(auditEvent('key.removed', at, { details: { kid: id } }), by))
      await reload()
      return wasUsed
    },
    async refresh() {
      if (list === undefined || now() - list.at >= 500) await reload()
    },
  }
}

/** Until when a revocation has to be remembered: no token it speaks of can be alive after that. Milliseconds since 1970. */
export function revokedUntil(settings: Settings, now: number): number {
  return now + longestToken(settings) + 120_000
}

/** The longest that a signed token lives, in milliseconds. */
export function longestToken(settings: Settings): number {
  const lifetimes = [...settings.resources.values()].map(({ lifetime }) => lifetime)
  return Math.max(settings.lifetimes.accessToken, settings.lifetimes.idToken, ...lifetimes) * 1000
}
