/** When a client, a subject, a grant is alive: the conditions that every gate has in common. */

import type { Fragment } from './statement.ts'

/** The client in this column is there and not disabled. */
export function clientIsAlive(column: string): Fragment {
  // A value that nobody writes means that the row was touched by hand: better dead than alive.
  return () => `exists (select 1 from gatewright_clients as c where c.id = ${column} and c.disabled = 0)`
}

/**
 * The account in this column is there and not disabled. Where accounts are kept elsewhere the store asks a callback
 * before, and this says yes.
 */
export function subjectIsAlive(column: string): Fragment {
  return ({ accounts }) =>
    accounts
      ? `exists (select 1 from gatewright_accounts as a where a.id = ${column} and a.disabled = 0)`
      : '1 = 1'
}

/** The password of the account in this column opens something: nobody has said that it has to be changed first. */
export function passwordIsUsable(column: string): Fragment {
  return ({ accounts }) =>
    accounts
      ? `exists (select 1 from gatewright_accounts as p where p.id = ${column} and p.password_change = 0)`
      : '1 = 1'
}

/** The grant under this alias is alive. */
export function grantIsAlive(alias: string): Fragment {
  const client = clientIsAlive(`${alias}.client_id`)
  const subject = subjectIsAlive(`${alias}.subject`)
  return (flavor) => `(${alias}.revoked_at is null and ${client(flavor)} and ${subject(flavor)})`
}

/** Rows that a select locks. On SQLite the transaction has the whole database. */
export const forUpdate: Fragment = ({ dialect }) => (dialect === 'postgres' ? 'for update' : '')

/** Rows that a select locks, leaving out those that somebody else has locked. */
export const forUpdateSkipLocked: Fragment = ({ dialect }) =>
  dialect === 'postgres' ? 'for update skip locked' : ''
