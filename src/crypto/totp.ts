/** One-time codes of authenticator apps (TOTP, RFC 6238): six digits, a new one every 30 seconds, SHA-1 as all apps have it. */

import { HOTP, Secret, TOTP } from 'otpauth'

const period = 30

/** A new seed: 160 random bits, as long as the hash (RFC 4226 §4), in Base32 as apps take it. */
export function newTotpSeed(): string {
  return new Secret({ size: 20 }).base32
}

/** The seed and everything else that an app has to know, as an address that apps understand. */
export function totpUri(
  seed: string,
  { service, account }: { readonly service: string; readonly account: string },
): string {
  // The colon parts the two in the label, so neither may have one.
  const [issuer, label] = [service, account].map((text) => text.replaceAll(':', ' '))
  return new TOTP({ issuer: issuer ?? '', label: label ?? '', secret: Secret.fromBase32(seed) }).toString()
}

/**
 * The time step that a code is for: the present one, the one before, or the next, for clocks that differ (RFC 6238 §5.2). A
 * code is to be taken once, so whoever asks keeps the step, and takes none that is not above it.
 *
 * @param now Milliseconds since 1970.
 * @returns `undefined` for a wrong code, and for what is no code.
 */
export function totpStep(seed: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const counter = Math.floor(now / 1000 / period)
  const delta = HOTP.validate({ token: code, secret: Secret.fromBase32(seed), counter, window: 1 })
  return delta === null ? undefined : counter + delta
}
