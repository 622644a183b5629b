/** Passkeys (Web Authentication Level 3): what a browser is asked for, and whether its answer is right. */

import type * as SimpleWebAuthn from '@simplewebauthn/server'
import { encodeBase64url, decodeBase64url } from '../../crypto/base64url.ts'
import { randomToken } from '../../crypto/random.ts'
import type { NewAuthenticator, StoredAuthenticator } from '../../store/grant-store.ts'
import type { Account } from '../accounts/types.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { isChallenge, newChallenge, useChallenge } from './challenge.ts'

type WebAuthn = typeof SimpleWebAuthn

/** What a passkey is used for: the whole login, the second half of one, or to be registered. */
export type PasskeyPurpose = 'login' | 'second-factor' | 'register'

let loading: Promise<WebAuthn | undefined> | undefined

/** Passkeys are there where `@simplewebauthn/server` is installed. */
function webauthn(): Promise<WebAuthn | undefined> {
  loading ??= import('@simplewebauthn/server').catch(() => undefined)
  return loading
}

/** Whether passkeys are taken at the login. */
export async function arePasskeysTaken(): Promise<boolean> {
  return (await webauthn()) !== undefined
}

/**
 * What the browser is to ask its passkeys for, as JSON.
 *
 * @param binding The browser, and whoever else it is about.
 * @param allowed Those of a person; any that the browser has for us unless told.
 */
export async function passkeyRequest(
  settings: Settings,
  purpose: 'login' | 'second-factor',
  binding: string,
  allowed?: readonly StoredAuthenticator[],
): Promise<string | undefined> {
  const library = await webauthn()
  if (library === undefined) return undefined
  const options = await library.generateAuthenticationOptions({
    rpID: partyOf(settings).id,
    challenge: bytesOf(newChallenge(settings, `${purpose}.${binding}`)),
    // Alone it has to be two factors: the device, and the finger or PIN that it asks for.
    userVerification: purpose === 'login' ? 'required' : 'preferred',
    timeout: 300_000,
    ...(allowed === undefined ? {} : { allowCredentials: allowed.map(descriptorOf) }),
  })
  return JSON.stringify(options)
}

/** What the browser is to make a passkey from, as JSON. */
export async function passkeyCreation(
  settings: Settings,
  binding: string,
  { id, username, name }: Pick<Account, 'id' | 'username' | 'name'>,
  known: readonly StoredAuthenticator[],
): Promise<string | undefined> {
  const library = await webauthn()
  if (library === undefined) return undefined
  const options = await library.generateRegistrationOptions({
    rpID: partyOf(settings).id,
    rpName: settings.serviceName,
    userName: username,
    userDisplayName: name ?? username,
    userID: bytesOf(encodeBase64url(id)),
    challenge: bytesOf(newChallenge(settings, `register.${binding}`)),
    timeout: 300_000,
    attestationType: 'none',
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: [...algorithms],
  })
  return JSON.stringify(options)
}

/**
 * Checks what a browser made, and uses its challenge up.
 *
 * @returns What is to be kept; `undefined` for everything that is wrong.
 */
export async function registeredPasskey(
  service: Service,
  sent: string,
  binding: string,
  { subject, name }: Pick<NewAuthenticator, 'subject' | 'name'>,
): Promise<NewAuthenticator | undefined> {
  const library = await webauthn()
  const response = credentialOf(sent)
  if (library === undefined || response === undefined) return undefined
  const { settings } = service
  const { id, origin } = partyOf(settings)
  const used: string[] = []
  const verified = await library
    .verifyRegistrationResponse({
      // The cast: the library reads what it needs, and throws for what is not as it should be.
      response: response as unknown as Parameters<WebAuthn['verifyRegistrationResponse']>[0]['response'],
      expectedChallenge: ours(settings, `register.${binding}`, used),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    })
    .catch(() => undefined)
  const [challenge] = used
  if (!verified?.verified || challenge === undefined || !(await useChallenge(service, challenge)))
    return undefined
  const { credential } = verified.registrationInfo
  const kept: Kept = {
    publicKey: encodeBase64url(credential.publicKey),
    transports: transportsOf(credential.transports),
  }
  return {
    id: randomToken(16),
    subject,
    kind: 'passkey',
    name,
    lookup: credential.id,
    data: JSON.stringify(kept),
    counter: credential.counter,
    createdAt: settings.now(),
  }
}

/**
 * Checks what a passkey signed, uses its challenge up and moves its counter.
 *
 * @returns The passkey and with it the person; `undefined` for everything that is wrong, an account that is disabled included.
 */
export async function provenPasskey(
  service: Service,
  sent: string,
  purpose: 'login' | 'second-factor',
  binding: string,
): Promise<StoredAuthenticator | undefined> {
  const library = await webauthn()
  const response = credentialOf(sent)
  if (library === undefined || response === undefined) return undefined
  const { settings, store } = service
  const found = await store.findAuthenticator(response.id)
  if (found?.kind !== 'passkey') return undefined
  const { id, origin } = partyOf(settings)
  // Written by `registeredPasskey`.
  const { publicKey } = JSON.parse(found.data) as Kept
  const used: string[] = []
  const verified = await library
    .verifyAuthenticationResponse({
      // The cast: as above.
      response: response as unknown as Parameters<WebAuthn['verifyAuthenticationResponse']>[0]['response'],
      expectedChallenge: ours(settings, `${purpose}.${binding}`, used),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: purpose === 'login',
      credential: { id: response.id, publicKey: bytesOf(publicKey), counter: found.counter },
    })
    // A counter that fell is one of the things that throw: the key may have been copied (WebAuthn §6.1.1).
    .catch(() => undefined)
  const [challenge] = used
  if (!verified?.verified || challenge === undefined || !(await useChallenge(service, challenge)))
    return undefined
  const { newCounter } = verified.authenticationInfo
  return (await store.advanceAuthenticator(found.id, newCounter, settings.now())) ? found : undefined
}

/** ES256, EdDSA, RS256: what authenticators have. */
const algorithms: readonly number[] = [-7, -8, -257]

/** What is kept of a passkey besides its id and counter. */
interface Kept {
  readonly publicKey: string
  readonly transports: readonly string[]
}

/** From the issuer alone: no header of a request says who we are. */
function partyOf({ issuer }: Settings): { readonly id: string; readonly origin: string } {
  const { hostname, origin } = new URL(issuer)
  return { id: hostname, origin }
}

/** Takes a challenge that is ours, and remembers it. */
function ours(settings: Settings, binding: string, used: string[]): (challenge: string) => boolean {
  return (challenge) => {
    used.push(challenge)
    return isChallenge(settings, challenge, binding)
  }
}

function descriptorOf({ lookup = '', data }: StoredAuthenticator): {
  readonly id: string
  readonly transports: string[]
} {
  const { transports } = JSON.parse(data) as Kept
  return { id: lookup, transports: [...transports] }
}

/** The hints of a browser, where they are words. */
function transportsOf(sent: unknown): readonly string[] {
  if (!Array.isArray(sent)) return []
  return sent.filter((each) => typeof each === 'string' && /^[a-z-]{1,20}$/.test(each)).slice(0, 10)
}

/** What a browser sent, if it is an object with an id. */
function credentialOf(sent: string): { readonly id: string } | undefined {
  try {
    const value: unknown = JSON.parse(sent)
    if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
    const { id } = value
    return typeof id === 'string' && /^[\w-]{1,1400}$/.test(id) ? { ...value, id } : undefined
  } catch {
    return undefined
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(decodeBase64url(text) ?? [])
}
