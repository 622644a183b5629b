/** Apple. */

import type { KeyObject } from 'node:crypto'
import { protectedHeader, signJws } from '../crypto/jws.ts'
import { signingKey } from '../crypto/signing-key.ts'
import type { SigningKey } from '../crypto/signing-key.ts'
import { sortParameters } from '../protocol/parameters.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import type { Provider } from '../server/federation/provider.ts'
import type { ClientOptions } from './code-flow.ts'
import { openIdProvider } from './openid.ts'
import { textIn } from './profile.ts'

/** A Services ID of a developer account of Apple, with a key for Sign in with Apple. */
export interface AppleOptions extends Omit<ClientOptions, 'clientSecret' | 'clientId'> {
  /** The Services ID: `com.example.web`. */
  readonly clientId: string
  /** The ten characters of the team. */
  readonly teamId: string
  /** The ten characters of the key. */
  readonly keyId: string
  /** The text of the key's `.p8` file; its line ends may be written as `\n`, as in a file of variables. */
  readonly privateKey: string | KeyObject
  /**
   * Whether its word counts for addresses at other places than Apple's: it has seen proof that they are the person's,
   * once. False unless told.
   */
  readonly trustEmail?: boolean
}

const issuer = 'https://appleid.apple.com'

/** How long a client secret is good for, in seconds. Apple takes six months; one request needs less. */
const secretLifetime = 300

/**
 * Sign in with Apple.
 *
 * There is no secret to keep and to renew: each request to Apple has one of its own, signed with the key. Apple posts
 * its answer, and tells the name of a person the first time only. An address counts as verified where Apple has the say over it: those
 * that it forwards from (`privaterelay.appleid.com`), and its own.
 *
 * @example
 *
 * ```ts
 * apple({ clientId: 'com.example.web', teamId, keyId, privateKey: process.env.APPLE_PRIVATE_KEY })
 * ```
 *
 * @throws {TypeError} When the key is no private key on the curve P-256, or an identifier is missing.
 */
export function apple({ teamId, keyId, privateKey, trustEmail = false, ...options }: AppleOptions): Provider {
  for (const [name, value] of Object.entries({ clientId: options.clientId, teamId, keyId })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`apple: the option ${name} is missing`)
  }
  const key = keyIn(privateKey, keyId)
  const header = protectedHeader(key, 'JWT')
  return openIdProvider(
    {
      ...options,
      id: options.id ?? 'apple',
      name: options.name ?? 'Apple',
      issuer,
      clientAuthentication: 'client_secret_post',
      // Apple's condition for telling name and address.
      responseMode: 'form_post',
    },
    {
      // Apple knows no other scopes, and no prompt.
      scopes: ['openid', 'name', 'email'],
      again: {},
      hasUserinfo: false,
      async secretAt(now) {
        const iat = Math.floor(now / 1000)
        const claims = { iss: teamId, iat, exp: iat + secretLifetime, aud: issuer, sub: options.clientId }
        return signJws(key, header, JSON.stringify(claims))
      },
      nameIn,
      isEmailVerified: (claims) =>
        isTrue(claims['email_verified']) && (trustEmail || isOfApple(textIn(claims, 'email') ?? '')),
    },
  )
}

function keyIn(privateKey: string | KeyObject, keyId: string): SigningKey {
  // A secret of 32 characters would do for another algorithm: it has to be a key.
  const material = typeof privateKey === 'string' ? privateKey.replaceAll('\\n', '\n') : privateKey
  try {
    const key = signingKey(material, { algorithm: 'ES256', keyId })
    if (key.sign !== undefined) return key
  } catch {
    // What could not be read is not repeated: it is a secret.
  }
  throw new TypeError('apple: the option privateKey is the text of the .p8 file that Apple gave for the key')
}

/** Apple writes `true`, and `"true"`. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

function isOfApple(email: string): boolean {
  return /@(?:privaterelay\.appleid|icloud|me|mac)\.com$/i.test(email)
}

/**
 * The name, which stands in no token. The address beside it is not signed either, and is not read: the one that counts
 * is in the ID token.
 */
function nameIn(parameters: SentParameters): string | undefined {
  try {
    const user = JSON.parse(sortParameters(parameters).one('user') ?? '') as {
      readonly name?: Readonly<Record<string, unknown>>
    } | null
    const parts = ['firstName', 'lastName'].map((part) => textIn(user?.name ?? {}, part)?.trim())
    return textIn({ name: parts.filter(Boolean).join(' ') }, 'name')
  } catch {
    return undefined
  }
}
