/** The second factors of a person: which there are, and whether one that is shown is right. */

import { createHmac } from 'node:crypto'
import { randomToken } from '../../crypto/random.ts'
import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import { totpStep } from '../../crypto/totp.ts'
import type { SecondFactorKind } from '../../protocol/authentication-context.ts'
import type { NewAuthenticator, StoredAuthenticator } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import { tellFactorsChanged } from '../mail/owner-news.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'

/** What a person has. */
export interface SecondFactors {
  readonly apps: readonly StoredAuthenticator[]
  readonly passkeys: readonly StoredAuthenticator[]
  /** How many recovery codes are left. They are good only beside one of the others. */
  readonly recoveryCodes: number
}

/** All second factors of an account. */
export async function secondFactorsOf(
  { store }: Pick<Service, 'store'>,
  subject: string,
): Promise<SecondFactors> {
  const all = await store.listAuthenticators(subject)
  return {
    apps: all.filter(({ kind }) => kind === 'totp'),
    passkeys: all.filter(({ kind }) => kind === 'passkey'),
    recoveryCodes: all.filter(({ kind }) => kind === 'recovery').length,
  }
}

/** The kinds of second factors that an account has; none when a password is enough. */
export async function secondFactorKinds(
  service: Pick<Service, 'store'>,
  subject: string,
): Promise<readonly SecondFactorKind[]> {
  const { apps, passkeys } = await secondFactorsOf(service, subject)
  return [
    ...(apps.length > 0 ? (['totp'] as const) : []),
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
  ]
}

/** Seals the seed of an authenticator app, for this place alone. */
export function sealSeed({ secretKey }: Settings, seed: string, place: string): string {
  return seal(deriveKey(secretKey, 'gatewright authenticator apps'), seed, place)
}

/** Opens what {@link sealSeed} made; `undefined` with another secret key. */
export function openSeed({ secretKey }: Settings, sealed: string, place: string): string | undefined {
  return unseal(deriveKey(secretKey, 'gatewright authenticator apps'), sealed, place)
}

/**
 * Whether this is a code that an app of this person shows, or showed half a minute ago, and that nobody has used.
 *
 * @throws {HttpError} 429 after too many wrong ones.
 */
export async function proveByApp(service: Service, subject: string, typed: string): Promise<boolean> {
  return attempted(service, subject, 'totp', async () => {
    const { settings, store } = service
    const code = typed.replaceAll(/\s/g, '')
    const { apps } = await secondFactorsOf(service, subject)
    for (const { id, data, counter } of apps) {
      const seed = openSeed(settings, data, id)
      const step = seed === undefined ? undefined : totpStep(seed, code, settings.now())
      // The database says who was first: two that send one code at once are not both let in (RFC 6238 §5.2).
      if (
        step !== undefined &&
        step > counter &&
        (await store.advanceAuthenticator(id, step, settings.now()))
      ) {
        return true
      }
    }
    return false
  })
}

/**
 * Uses a recovery code up, and tells its owner. `false` for one that is not this person's, or was used.
 *
 * @param language Of the page on which it was typed.
 * @throws {HttpError} 429 after too many wrong ones.
 */
export async function proveByRecoveryCode(
  service: Service,
  subject: string,
  typed: string,
  language: string,
): Promise<boolean> {
  return attempted(service, subject, 'recovery', async () => {
    const { settings, store, tell } = service
    const audit = [auditEvent('recovery_code.used', settings.now(), { subject })]
    const isRight = await store.useRecoveryCode(recoveryHash(settings, subject, typed), subject, audit)
    if (!isRight) return false
    tell(audit)
    tellFactorsChanged(service, subject, 'code_used', language)
    return true
  })
}

/** Counted before it is looked at, so that many guesses at once are no more than one by one. */
async function attempted(
  service: Service,
  subject: string,
  kind: 'totp' | 'recovery',
  isRight: () => Promise<boolean>,
): Promise<boolean> {
  const limit = service.limits.factorFailures(subject, kind)
  await limit.attempt()
  let answer: boolean
  try {
    answer = await isRight()
  } catch (error) {
    // A database that is away: that is no wrong code.
    // What is thrown below tells of it.
    await limit.unjudged().catch(() => undefined)
    throw error
  }
  if (answer) await limit.succeeded()
  else
    await service.audit([auditEvent('factor.failed', service.settings.now(), { subject, details: { kind } })])
  return answer
}

/** How many recovery codes there are in a set. */
const recoveryCodeCount = 10

/** A set of recovery codes: what is shown once, and what is kept. */
export function newRecoveryCodes(
  settings: Settings,
  subject: string,
): { readonly codes: readonly string[]; readonly kept: readonly NewAuthenticator[] } {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
  const kept = codes.map((code) => ({
    id: randomToken(16),
    subject,
    kind: 'recovery' as const,
    name: '',
    lookup: recoveryHash(settings, subject, code),
    data: '',
    counter: 0,
    createdAt: settings.now(),
  }))
  return { codes, kept }
}

/** RFC 4648 §6 in lower case, without what looks like something else: 32 letters and digits, so 80 bits in 16 of them. */
const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

function newRecoveryCode(): string {
  const bytes = Buffer.from(randomToken(16), 'base64url')
  const text = [...bytes].map((byte) => letters[byte % letters.length] ?? '').join('')
  return text.replaceAll(/.{4}(?=.)/g, '$&-')
}

/** How a recovery code is kept: whoever tries needs the server's secret as well. */
function recoveryHash({ secretKey }: Settings, subject: string, typed: string): string {
  const code = typed.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const key = deriveKey(secretKey, 'gatewright recovery codes')
  return createHmac('sha256', key).update(`${subject}.${code}`).digest('base64url')
}
