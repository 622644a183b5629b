/** The keys that sign: made, published ahead of their use, rotated and retired by themselves, on all nodes together. */

import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import { generateSigningKey, privateJwk, signingKey } from '../../crypto/signing-key.ts'
import type { SigningKey } from '../../crypto/signing-key.ts'
import type { SigningAlgorithm } from '../../crypto/signature.ts'
import type { PublicJwk, PublicKeySet } from '../../crypto/jwk.ts'
import type { GrantStore, StoredSigningKey } from '../../store/grant-store.ts'
import { auditEvent, under } from '../audit.ts'
import type { AuditEvent, Circumstances } from '../audit.ts'
import type { Settings } from '../settings.ts'

/** How old, at most, a node's list of keys is, in milliseconds. */
const listAge = 30_000

/** A key with its times, ready to sign or verify. */
export interface TimedKey extends StoredSigningKey {
  readonly key: SigningKey
}

/** The keys of one server. */
export interface SigningKeys {
  /** The key that signs now. */
  current(): Promise<SigningKey>
  /** All keys that verifiers should know, ready ones; the list is at most {@link listAge} old. */
  published(): Promise<readonly TimedKey[]>
  jwks(): Promise<PublicKeySet>
  /** Makes and publishes the next key now; it signs after the time that keys are published ahead. */
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
  const { algorithm, rotateEvery, publishAhead } = settings.keys
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

  async function fresh(): Promise<readonly TimedKey[]> {
    const keys = list !== undefined && now() - list.at < listAge ? list.keys : await reload()
    return keys.some((each) => each.algorithm === algorithm) ? keys : make(undefined, now())
  }

  /** Another node may do the same at the same moment: the store takes one, and both go on with what it took. */
  async function make(
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

  function latest(keys: readonly TimedKey[]): TimedKey | undefined {
    return keys.filter((each) => each.algorithm === algorithm).at(-1)
  }

  function signingAt(keys: readonly TimedKey[], at: number): TimedKey | undefined {
    return keys.findLast(
      (each) =>
        each.algorithm === algorithm &&
        each.signsFrom <= at &&
        (each.retiredAt === undefined || each.retiredAt > at),
    )
  }

  /** Nothing may sign, as after the key that did was taken out: a new one begins at once. A retired one never comes back. */
  function replaced(keys: readonly TimedKey[]): Promise<readonly TimedKey[]> {
    return make(latest(keys), now())
  }

  async function rotatedIfDue(): Promise<readonly TimedKey[]> {
    const keys = await fresh()
    const last = latest(keys)
    if (last === undefined) throw new Error('There is no signing key')
    // The next one is made early enough to be published ahead and still sign in time.
    const dueAt = last.signsFrom + Math.max(0, rotateEvery - publishAhead) * 1000
    return now() < dueAt ? keys : make(last, Math.max(now(), last.signsFrom) + publishAhead * 1000)
  }

  return {
    async current() {
      const keys = await rotatedIfDue()
      // Read now: a key that has just been made begins at this moment.
      const found = signingAt(keys, now()) ?? signingAt(await replaced(keys), now())
      if (found === undefined) throw new Error('There is no signing key')
      return found.key
    },
    published: rotatedIfDue,
    async jwks() {
      const keys = await rotatedIfDue()
      return { keys: keys.map((each) => JSON.parse(each.publicKey) as PublicJwk) }
    },
    async rotate(by = {}) {
      const keys = await fresh()
      const last = latest(keys)
      const made = await make(last, Math.max(now(), last?.signsFrom ?? 0) + publishAhead * 1000, by)
      const next = latest(made)
      if (next === undefined || next.id === last?.id) throw new Error('No key was made; try again')
      return next.id
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

/** The longest that an access token lives, in milliseconds. */
export function longestToken(settings: Settings): number {
  const lifetimes = [...settings.resources.values()].map(({ lifetime }) => lifetime)
  return Math.max(settings.lifetimes.accessToken, ...lifetimes) * 1000
}
