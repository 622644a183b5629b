/** Adding and removing second factors: other sessions end, the log has it, and there are always recovery codes. */

import { combinedMethods } from '../../protocol/authentication-context.ts'
import type { NewAuthenticator, StoredSession } from '../../store/grant-store.ts'
import type { WaysIn } from '../../store/ports/identities.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent, AuditEventType } from '../audit.ts'
import type { Visit } from '../interaction/visit.ts'
import { tellFactorsChanged } from '../mail/owner-news.ts'
import type { Service } from '../service.ts'
import { arePasskeysTaken, registeredPasskey } from './passkeys.ts'
import { newRecoveryCodes, secondFactorsOf } from './second-factors.ts'

/**
 * What a change came to: the session's new cookie, as the new factor was shown in it, and recovery codes where these are the
 * first. `taken`: somebody has this passkey. `full`: there are too many. `gone`: the session or the account ended meanwhile.
 */
export type Changed =
  | { readonly cookie: string; readonly codes?: readonly string[] | undefined }
  | 'wrong'
  | 'taken'
  | 'full'
  | 'gone'

/** Adds a passkey that the browser has made. */
export async function addPasskey(
  service: Service,
  visit: Visit,
  session: StoredSession,
  { sent, name }: { readonly sent: string; readonly name: string },
): Promise<Changed> {
  const { subject } = session
  const passkey = await registeredPasskey(service, sent, `${visit.browserHash}.${session.id}`, {
    subject,
    name,
  })
  // The device has asked for a finger or a PIN, or it would not have been taken.
  return passkey === undefined ? 'wrong' : addFactor(service, visit, session, passkey, ['pop', 'user', 'mfa'])
}

/** Adds a factor that the person has just shown to have. */
export async function addFactor(
  service: Service,
  visit: Visit,
  session: StoredSession,
  factor: NewAuthenticator,
  methods: readonly string[],
): Promise<Changed> {
  const { store, tell } = service
  const { id, subject, kind } = factor
  const audit = [eventOf(service, visit, 'factor.added', subject, { factor: id, kind })]
  const outcome = await store.addAuthenticator(factor, audit)
  if (outcome !== 'added') return outcome
  tell(audit)
  tellFactorsChanged(service, subject, kind === 'passkey' ? 'passkey_added' : 'app_added', languageOf(visit))
  await endOthers(service, visit, session)
  const cookie = await service.sessions.stepUp(
    session,
    combinedMethods(session.methods, methods),
    visit.address,
  )
  if (cookie === undefined) return 'gone'
  const { recoveryCodes } = await secondFactorsOf(service, subject)
  return { cookie, codes: recoveryCodes > 0 ? undefined : await replacedCodes(service, visit, session) }
}

/**
 * Removes a factor of the person; with the last one, their recovery codes. `gone` when there was none, and `last` for a passkey
 * without which nobody could log in to the account.
 */
export async function removeFactor(
  service: Service,
  visit: Visit,
  session: StoredSession,
  id: string,
): Promise<'removed' | 'last' | 'gone'> {
  const { store, tell } = service
  const { subject } = session
  const before = await secondFactorsOf(service, subject)
  // Recovery codes are not removed one by one.
  const factor = [...before.apps, ...before.passkeys].find((each) => each.id === id)
  if (factor === undefined) return 'gone'
  const audit = [eventOf(service, visit, 'factor.removed', subject, { factor: id, kind: factor.kind })]
  const outcome = await store.removeAuthenticator(id, subject, { ways: await waysIn(service), audit })
  if (outcome !== 'removed') return outcome
  tell(audit)
  const change = factor.kind === 'passkey' ? 'passkey_removed' : 'app_removed'
  tellFactorsChanged(service, subject, change, languageOf(visit))
  await endOthers(service, visit, session)
  const { apps, passkeys } = await secondFactorsOf(service, subject)
  if (apps.length + passkeys.length === 0) await store.replaceRecoveryCodes(subject, [])
  return 'removed'
}

/** What there is to log in with besides a password. */
export async function waysIn({ settings }: Pick<Service, 'settings'>): Promise<WaysIn> {
  return { providers: [...settings.providers.keys()], passkeys: await arePasskeysTaken() }
}

/** New recovery codes in the place of the old ones. Answers them: nothing can show them again. */
export async function renewRecoveryCodes(
  service: Service,
  visit: Visit,
  session: StoredSession,
): Promise<readonly string[]> {
  const codes = await replacedCodes(service, visit, session)
  if (codes.length > 0) tellFactorsChanged(service, session.subject, 'codes_renewed', languageOf(visit))
  return codes
}

async function replacedCodes(
  service: Service,
  visit: Visit,
  { subject }: StoredSession,
): Promise<readonly string[]> {
  const { settings, store, tell } = service
  const { codes, kept } = newRecoveryCodes(settings, subject)
  const audit = [eventOf(service, visit, 'recovery_codes.replaced', subject, {})]
  if ((await store.replaceRecoveryCodes(subject, kept, audit)) === 'gone') return []
  tell(audit)
  return codes
}

/** Whoever got in without the new factor, or with the old one, is out. */
async function endOthers(service: Service, visit: Visit, { id, subject }: StoredSession): Promise<void> {
  const audit = [eventOf(service, visit, 'session.ended', subject, { except: id })]
  if ((await service.store.endSessions(subject, { except: id, audit })) > 0) service.tell(audit)
}

function languageOf({ context }: Visit): string {
  return context.language
}

function eventOf(
  { settings }: Service,
  { address }: Visit,
  type: AuditEventType,
  subject: string,
  details: NonNullable<AuditEvent['details']>,
): AuditEvent {
  return auditEvent(type, settings.now(), { subject, details, ...(address === undefined ? {} : { address }) })
}
