/** Accounts that look after themselves: sign-up, another password, another address, each by a link that is sent by mail. */

import { sha256Base64url } from '../crypto/hash.ts'
import { randomToken } from '../crypto/random.ts'
import { emailKey } from '../store/email-key.ts'
import type { AccountTokenPurpose, NewAccountToken } from '../store/ports/account-tokens.ts'
import { accountId } from './accounts/id.ts'
import { parseUsername } from './accounts/names.ts'
import type { Account } from './accounts/types.ts'
import { auditEvent, under } from './audit.ts'
import type { Circumstances } from './audit.ts'
import { revokedUntil } from './keys/signing-keys.ts'
import { addressOf, postLetters, resetAddress } from './mail/letters.ts'
import type { Letter } from './mail/mailroom.ts'
import { tellPasswordChanged } from './mail/owner-news.ts'
import type { Service } from './service.ts'

/** Who asks, and where they were. */
export interface Asking {
  readonly language: string
  readonly address: string | undefined
  /** The flow they came from, to go on with it. */
  readonly flow: string | undefined
}

/** A link that is good. */
export interface Link extends NewAccountToken {
  readonly flow: string | undefined
}

/**
 * Somebody wants an account with this address. What happens is behind the answer and shows nowhere but in the mailbox: a link
 * to make the account, or word that there is one.
 */
export async function askSignUp(service: Service, email: string, asking: Asking): Promise<void> {
  if (!(await mayWrite(service, 'sign_up', email, asking))) return
  postLetters(service, 'sign_up', asking.language, async () => {
    const { accounts } = service
    // The address becomes the username, so it must be free as that as well.
    const [[byEmail], byName] = await Promise.all([accounts.findByEmail(email), accounts.find(email)])
    const known = byEmail ?? byName
    // SECURITY: whether or not anybody gets it. The next request waits for what is written behind this one, and would show it.
    const link = await newLink(service, 'sign_up', { email }, asking)
    if (known !== undefined) {
      const { username } = known
      const links = {
        loginLink: addressOf(service, '/login?next=/account'),
        resetLink: resetAddress(service),
      }
      return [{ to: email, message: { kind: 'sign_up_known', username, ...links } }]
    }
    return link === undefined ? [] : [{ to: email, message: { kind: 'sign_up', ...link } }]
  })
}

/** Somebody has forgotten the password of the account with this address. Nothing but the mailbox shows whether there is one. */
export async function askReset(service: Service, email: string, asking: Asking): Promise<void> {
  if (!(await mayWrite(service, 'reset', email, asking))) return
  postLetters(service, 'reset', asking.language, async () => {
    const found = await service.accounts.findByEmail(email)
    const [owner] = found
    // Whoever has shown that the address is theirs is the only one; else whoever was given it by an administrator.
    const meant = owner?.emailVerified === true ? [owner] : found
    const letters: Letter[] = []
    for (const { id, username, email: to } of meant) {
      if (to === undefined) continue
      // SECURITY: to the address of the account, not to the one that was typed: they need not be one mailbox.
      const link = await newLink(service, 'reset', { subject: id, email: to }, asking)
      if (link !== undefined) letters.push({ to, message: { kind: 'reset', username, ...link } })
    }
    // SECURITY: as much is written for an address that nobody has. This link goes nowhere, and is good for nothing.
    if (letters.length === 0) await newLink(service, 'reset', { email }, asking)
    return letters
  })
}

/** What came of sending a link on behalf of its owner. */
export type Sending = 'sent' | 'no_mail' | 'no_address' | 'too_many' | 'gone'

/**
 * An administrator wants somebody to set another password. The link goes to the address of the account; whoever asked for it
 * sees neither the link nor the password.
 *
 * @param by Who it was, for the audit log.
 * @returns `gone` when the account is disabled, or not there any more.
 * @throws {HttpError} 503 when too much waits.
 */
export async function sendReset(
  service: Service,
  { id: subject, username, email }: Account,
  by: Circumstances,
): Promise<Sending> {
  if (service.mail === undefined) return 'no_mail'
  if (email === undefined) return 'no_address'
  // A count of its own: no stranger who asks for links keeps an administrator from it.
  if (!(await service.limits.mailbox('reset_sent', email))) return 'too_many'
  const link = await newLink(service, 'reset', { subject, email }, { by })
  if (link === undefined) return 'gone'
  postLetters(service, 'reset_sent', undefined, async () => [
    { to: email, message: { kind: 'reset_sent', username, ...link } },
  ])
  return 'sent'
}

/** Somebody who is logged in, and has just proved it, wants another address. The one there is gets to know. */
export async function askEmail(
  service: Service,
  account: Account,
  email: string,
  asking: Asking,
): Promise<void> {
  if (!(await mayWrite(service, 'email', email, asking))) return
  const { id: subject, username } = account
  // SECURITY: now, while the password that was shown is the password. Behind the answer it could be another one by then, and
  // whoever was locked out by it would get a link that is good.
  const link = await newLink(service, 'email', { subject, email }, asking)
  if (link === undefined) return
  postLetters(service, 'email', asking.language, async () => {
    const [holder] = await service.accounts.findByEmail(email)
    // Whose address it is already is not told to others; its owner has no use for a link.
    if (holder?.emailVerified === true) return []
    const letters: Letter[] = [{ to: email, message: { kind: 'email', username, ...link } }]
    if (account.email !== undefined && emailKey(account.email) !== emailKey(email)) {
      const resetLink = resetAddress(service)
      letters.push({ to: account.email, message: { kind: 'email_asked', username, email, resetLink } })
    }
    return letters
  })
}

/** A link by what is in its address; `undefined` when it was used, replaced, or is too old. Looking changes nothing. */
export async function findLink(
  { links, settings }: Service,
  token: string | undefined,
  purposes: readonly AccountTokenPurpose[],
): Promise<Link | undefined> {
  if (token === undefined || !/^[\w-]{43}$/.test(token)) return undefined
  const found = await links.findAccountToken(sha256Base64url(token), purposes, settings.now())
  if (found === undefined) return undefined
  const { flow } = found.data
  return { ...found, flow: typeof flow === 'string' ? flow : undefined }
}

/**
 * Makes the account of a sign-up.
 *
 * @returns Whether the link was still good; `taken` when the name or address became somebody's meanwhile.
 * @throws {AccountError} When the password may not be used; the link stays good.
 */
export async function signUp(
  service: Service,
  { hash, email }: Link,
  password: string,
  from: string | undefined,
): Promise<'done' | 'spent' | 'taken'> {
  const { accounts, links, settings, tell } = service
  const now = settings.now()
  const passwordHash = await accounts.hashPassword(password, { username: email, email })
  const account = {
    id: accountId(now),
    ...parseUsername(email),
    scopes: [],
    disabled: false,
    passwordHash,
    createdAt: new Date(now),
  }
  const events = [auditEvent('account.created', now, { subject: account.id, ...at(from) })]
  const outcome = await links.signUp(hash, now, account, events)
  if (outcome === 'done') tell(events)
  return outcome
}

/**
 * Sets another password by a link, ends everything that was given to the account, and lets its owner in from where they
 * are, however many wrong passwords others have tried.
 *
 * @returns Whether the link was still good.
 * @throws {AccountError} When the password may not be used; the link stays good.
 */
export async function resetPassword(
  service: Service,
  { hash, subject = '' }: Link,
  password: string,
  { language, address: from }: Asking,
): Promise<boolean> {
  const { accounts, links, settings, tell, revocations, limits } = service
  const account = await accounts.get(subject)
  if (account === undefined) return false
  const passwordHash = await accounts.hashPassword(password, account)
  const now = settings.now()
  const events = [
    auditEvent('account.password_changed', now, { subject, details: { by: 'link' }, ...at(from) }),
  ]
  const revoking = { now, until: revokedUntil(settings, now), audit: events }
  const tellApplications = await service.endingSessions(subject)
  if ((await links.resetPassword(hash, passwordHash, revoking)) !== 'done') return false
  tell(events)
  // What comes now is good to have, and the password is set without it.
  await revocations.refresh().catch(settings.report)
  tellApplications()
  const { usernameKey } = parseUsername(account.username)
  const limit = await limits.loginFailures(usernameKey, from)
  await limit.succeeded().catch(settings.report)
  tellPasswordChanged(service, subject, language)
  return true
}

/**
 * Gives an account the address that a link went to.
 *
 * @returns Whether the link was still good; `taken` when the address became somebody else's meanwhile.
 */
export async function changeEmail(
  service: Service,
  { hash, subject = '', email }: Link,
  asking: Asking,
): Promise<'done' | 'spent' | 'taken'> {
  const { accounts, links, settings, tell } = service
  const before = await accounts.get(subject)
  const now = settings.now()
  const events = [auditEvent('account.email_changed', now, { subject, ...at(asking.address) })]
  const outcome = await links.changeEmail(hash, now, events)
  if (outcome !== 'done') return outcome
  tell(events)
  const old = before?.email
  if (before !== undefined && old !== undefined && emailKey(old) !== emailKey(email)) {
    const { username } = before
    postLetters(service, 'email_changed', asking.language, async () => [
      { to: old, message: { kind: 'email_changed', username, email } },
    ])
  }
  return outcome
}

/**
 * Whether one more of these may be sent. Whoever asks for too many from one address is told; that a mailbox has had enough is
 * not: its owner would be kept out by a stranger, and has a link that is good.
 *
 * @throws {HttpError} 429.
 */
async function mayWrite(
  { limits }: Service,
  kind: string,
  email: string,
  { address: from }: Asking,
): Promise<boolean> {
  await limits.mails(from)
  return limits.mailbox(kind, email)
}

/** A new link in place of the one before; `undefined` when there is no such account any more, or it is disabled. */
async function newLink(
  service: Service,
  purpose: AccountTokenPurpose,
  { subject, email }: { readonly subject?: string; readonly email: string },
  { flow, address: from, by }: Partial<Asking> & { readonly by?: Circumstances },
): Promise<{ readonly link: string; readonly minutes: number } | undefined> {
  const { links, settings, audit } = service
  const token = randomToken(32)
  const now = settings.now()
  const lifetime = settings.lifetimes.link
  const isSaved = await links.saveAccountToken({
    hash: sha256Base64url(token),
    purpose,
    ...(subject === undefined ? {} : { subject }),
    email,
    data: flow === undefined ? {} : { flow },
    createdAt: now,
    expiresAt: now + lifetime * 1000,
  })
  if (!isSaved) return undefined
  const about = { details: { purpose }, ...(subject === undefined ? {} : { subject }), ...at(from) }
  await audit([under(auditEvent('link.requested', now, about), by ?? {})])
  const path = purpose === 'reset' ? '/reset-password' : '/verify'
  return { link: addressOf(service, `${path}?token=${token}`), minutes: Math.floor(lifetime / 60) }
}

function at(from: string | undefined): { readonly address?: string } {
  return from === undefined ? {} : { address: from }
}
