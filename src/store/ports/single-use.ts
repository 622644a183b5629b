/** The port of things that may be seen once. */

/** Where it is remembered what was seen. */
export interface SingleUseStore {
  /**
   * Remembers a value until it expires. `true` for the first caller of all, `false` for the rest, however many come at
   * once. A value that has expired may be used again.
   *
   * @param kind What it is the id of: `client_assertion`, `dpop`.
   * @param keyHash SHA-256 as base64url of the value with everything that tells it from others (issuer, `jti`).
   * @param expiresAt Milliseconds since 1970: when the value would be refused anyway, clock differences included.
   * @param now Milliseconds since 1970.
   */
  useOnce(kind: string, keyHash: string, expiresAt: number, now: number): Promise<boolean>
}
