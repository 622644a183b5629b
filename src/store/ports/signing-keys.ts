/** The port of the keys that sign tokens. */

/** A key to be kept. */
export interface NewSigningKey {
  /** Its `kid`. */
  readonly id: string
  /** Its `alg`. Each algorithm has a chain of keys of its own. */
  readonly algorithm: string
  /** The public JWK as JSON text. */
  readonly publicKey: string
  /** Encrypted by the caller; opaque here. */
  readonly privateKey: string
  /** From when it is in the key set, in milliseconds since 1970. */
  readonly publishedAt: number
  /** From when it signs: late enough that every verifier has seen it. */
  readonly signsFrom: number
}

/**
 * A key as it is stored. At a given moment the key that signs is the one with the latest `signsFrom` that has come and no
 * `retiredAt` that has come.
 */
export interface StoredSigningKey extends NewSigningKey {
  /** The `kid` of the key it followed. */
  readonly predecessor?: string
  /** From when it does not sign any more, but verifies. */
  readonly retiredAt?: number
  /** From when it is not in the key set any more. */
  readonly removedAt?: number
}

/** A rotation of keys. */
export interface KeyRotation {
  readonly key: NewSigningKey
  /** The latest key of this algorithm that the caller has seen; missing when it saw none. */
  readonly after?: string
  /**
   * When the key before leaves the key set, in milliseconds since 1970: after the last token it signed, with the time that
   * verifiers cache. It stops signing at `key.signsFrom`.
   */
  readonly predecessorRemovedAt?: number
}

/** Where signing keys are kept. */
export interface SigningKeyStore {
  /** All keys that are in the key set or will be, in the order of `signsFrom`. */
  listKeys(now: number): Promise<readonly StoredSigningKey[]>
  /**
   * Adds a key as the successor of another, and retires that one, in one step. A key has one successor: of many nodes that
   * rotate at once, one is told `true`, and the others list again. This adds the first key as well.
   */
  rotateKeys(rotation: KeyRotation): Promise<boolean>
  /**
   * Takes a key out of use at once, as after a leak: it signs no more and is in no key set. Tokens it signed are refused as
   * soon as verifiers have fetched the set. Answers whether it was in use.
   */
  removeKey(id: string, now: number): Promise<boolean>
  /**
   * Replaces what a private key is encrypted with, if it is still the text the caller has read.
   */
  replacePrivateKey(id: string, from: string, to: string): Promise<boolean>
}
