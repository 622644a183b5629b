/** The ways in to an account, counted while nobody else can take one of them away. */

import { noPassword } from '../ports/identities.ts'
import type { WaysIn } from '../ports/identities.ts'
import { forUpdate } from './liveness.ts'
import type { Runner } from './session.ts'
import { statement } from './statement.ts'

/**
 * Whether somebody could still log in to an account without an identity or a passkey of it; `undefined` without such an account.
 * Whoever asks the same of the account waits until this transaction has ended, and sees what it has left.
 *
 * @param without The id of what is about to be taken away.
 */
export async function isOpenWithout(
  runner: Runner,
  subject: string,
  without: string,
  { providers, passkeys }: WaysIn,
): Promise<boolean | undefined> {
  // Where accounts are kept elsewhere, their passwords are as well.
  if (!runner.flavor.accounts) return true
  const account = await runner.row(hold, { subject })
  if (account === undefined) return undefined
  if (account.password_hash !== noPassword) return true
  const identities = await runner.rows(identitiesOf, { subject })
  if (identities.some(({ id, provider }) => id !== without && providers.includes(provider))) return true
  const keys = passkeys ? await runner.rows(passkeysOf, { subject }) : []
  return keys.some(({ id }) => id !== without)
}

const hold = statement<{ subject: string }, { password_hash: string }>`
  select password_hash from gatewright_accounts where id = ${'subject'} ${forUpdate}`

const identitiesOf = statement<{ subject: string }, { id: string; provider: string }>`
  select id, provider from gatewright_identities where subject = ${'subject'}`

const passkeysOf = statement<{ subject: string }, { id: string }>`
  select id from gatewright_authenticators where subject = ${'subject'} and kind = 'passkey'`
