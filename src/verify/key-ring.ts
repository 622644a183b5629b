/** The keys that tokens are held against: which one signs, which ones verify, and which one a header asks for. */

import type { PublicKeySet } from '../crypto/jwk.ts'
import type { SigningKey } from '../crypto/signing-key.ts'

/** Several keys, told apart by their names. */
export interface KeyRing {
  /** The key that signs now. */
  readonly signing: SigningKey
  /** The keys a token with this header may be verified with; empty if its `kid` is unknown. */
  candidates(keyId: string | undefined, algorithm: unknown): readonly SigningKey[]
  /** Adds a key that verifies and is published, but does not sign yet. */
  add(key: SigningKey): void
  /** Lets this key sign from now on. */
  signWith(keyId: string): void
  /** Takes a key out: from now on its tokens are refused. */
  retire(keyId: string): void
  /** The public halves. */
  publicKeys(): PublicKeySet
}

/** A ring of these keys, of which the first one signs. */
export function keyRing(first: SigningKey, others: readonly SigningKey[]): KeyRing {
  const keys = new Map<string, SigningKey>()
  let signing = first
  for (const key of [first, ...others]) add(key)

  function add(key: SigningKey): void {
    // Two keys of one name: the wrong one would be tried, and a retired one might live on.
    if (keys.has(key.keyId))
      throw new Error(`keys: two keys are named "${key.keyId}"; give one another \`kid\``)
    keys.set(key.keyId, key)
  }

  function named(keyId: string): SigningKey {
    const key = keys.get(keyId)
    if (key === undefined) throw new Error(`keys: there is no key named "${keyId}"`)
    return key
  }

  return {
    get signing() {
      return signing
    },
    candidates(keyId, algorithm) {
      if (keyId === undefined) return [...keys.values()].filter((key) => key.algorithm === algorithm)
      const key = keys.get(keyId)
      return key === undefined ? [] : [key]
    },
    add,
    signWith(keyId) {
      const key = named(keyId)
      if (key.sign === undefined) throw new Error(`keys: "${keyId}" is a public key and cannot sign`)
      signing = key
    },
    retire(keyId) {
      if (named(keyId) === signing) {
        throw new Error(`keys: "${keyId}" signs; let another one sign with signWith() before it is retired`)
      }
      keys.delete(keyId)
    },
    publicKeys() {
      return { keys: [...keys.values()].flatMap((key) => key.publicJwk ?? []) }
    },
  }
}
