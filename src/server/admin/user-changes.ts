/** What administrators do to accounts, from the API and from the pages. */

import { randomToken } from '../../crypto/random.ts'
import { HttpError } from '../../http/http-error.ts'
import type { Account, AccountPatch } from '../accounts/types.ts'
import { auditEvent, under } from '../audit.ts'
import type { AuditEventType } from '../audit.ts'
import { sendReset } from '../recovery.ts'
import type { Sending } from '../recovery.ts'
import type { Service } from '../service.ts'
import { keepOwn, needNoMore } from './actor.ts'
import { gone } from './routes.ts'
import type { AdminCall } from './routes.ts'

/** An account to be added. There is no password in it: nobody chooses that of somebody else. */
export interface UserToAdd {
  readonly username: string
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly disabled?: boolean | undefined
}

/**
 * The account with this id.
 *
 * @throws {HttpError} 404
 */
export async function foundUser({ accounts }: Service, id: string): Promise<Account> {
  const account = await accounts.get(id)
  if (account === undefined) throw gone('account')
  return account
}

/** Adds an account. Its password is made here, in the answer alone, and changed by its owner at the first login. */
export async function addUser(
  { open, actor }: AdminCall,
  user: UserToAdd,
): Promise<{ readonly account: Account; readonly password: string }> {
  needNoMore(actor, user.scopes ?? [])
  // 128 bits, in groups, as it is read out and typed.
  const password = (randomToken(16).match(/.{1,6}/g) ?? []).join('.')
  const account = await open.accounts.create({ ...user, password, mustChangePassword: true })
  await recorded({ open, actor }, 'account.created', account.id, { scopes: account.scopes })
  return { account, password }
}

/** Changes an account. */
export async function changeUser(call: AdminCall, id: string, patch: AccountPatch): Promise<Account> {
  const { open, actor } = call
  const before = await foundUser(open, id)
  needNoMore(actor, [...before.scopes, ...(patch.scopes ?? [])])
  keepOwn(actor, id, before.scopes, patch.disabled === true ? [] : (patch.scopes ?? before.scopes))
  const account = await open.accounts.update(id, patch, actor.circumstances)
  const fields = Object.keys(patch).filter((field) => patch[field as keyof AccountPatch] !== undefined)
  const scopes = patch.scopes === undefined ? {} : { scopes: account.scopes }
  await recorded(call, 'account.updated', id, { fields, ...scopes })
  return account
}

/** Removes an account and everything it was given. Answers whether there was one. */
export async function removeUser({ open, actor }: AdminCall, id: string): Promise<boolean> {
  const before = await open.accounts.get(id)
  if (before === undefined) return false
  needNoMore(actor, before.scopes)
  keepOwn(actor, id, before.scopes)
  return open.accounts.remove(id, actor.circumstances)
}

/**
 * Takes all second factors away from somebody who has lost them, and ends everything that the account was given.
 *
 * @throws {HttpError} 404; 403; 409 for one's own: whoever is logged in has not lost them, and removes them at `/account`.
 */
export async function resetFactors({ open, actor }: AdminCall, id: string): Promise<void> {
  const { scopes } = await foundUser(open, id)
  needNoMore(actor, scopes)
  if (actor.subject === id) throw new HttpError(409, 'Nobody takes their own second factors away here')
  await open.accounts.resetFactors(id, actor.circumstances)
}

/**
 * Sends a link to set another password to the address of an account. The answer has nothing of it.
 *
 * @throws {HttpError} 404; 403; 503 when too much mail waits.
 */
export async function askForPassword({ open, actor }: AdminCall, id: string): Promise<Sending> {
  const account = await foundUser(open, id)
  needNoMore(actor, account.scopes)
  return sendReset(open, account, actor.circumstances)
}

/** Ends every session, grant and token of an account; it may log in again. */
export async function revokeUser({ open, actor }: AdminCall, id: string): Promise<void> {
  await foundUser(open, id)
  await open.accounts.revoke(id, actor.circumstances)
}

async function recorded(
  { open, actor }: AdminCall,
  type: AuditEventType,
  subject: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const event = auditEvent(type, open.settings.now(), { subject, details })
  await open.audit([under(event, actor.circumstances)])
}
