/** The accounts of an authorization server: what takes rights away from a person also takes away what was issued to them. */

import type { Circumstances } from '../audit.ts'
import { AccountError } from './error.ts'
import type { Account, AccountPatch, Accounts } from './types.ts'

/** The same, and whoever does it in another's place is in the audit log. */
export interface RevokingAccounts extends Accounts {
  update(id: string, patch: AccountPatch, by?: Circumstances): Promise<Account>
  remove(id: string, by?: Circumstances): Promise<boolean>
  /** Ends every session, grant and token of an account, which stays as it is. */
  revoke(id: string, by?: Circumstances): Promise<void>
  /**
   * Takes all second factors away from somebody who has lost them: apps, passkeys and recovery codes. Every session, grant and
   * token ends, as after another password. Whoever asks for it has to be known by other means: the password is enough then.
   *
   * @throws AccountError `no_such_account`
   */
  resetFactors(id: string, by?: Circumstances): Promise<void>
}

/** What takes away what was issued. */
export type RevocationReason =
  | 'account.factors_reset'
  | 'account.password_changed'
  | 'account.disabled'
  | 'account.removed'
  | 'account.tokens_revoked'

/**
 * Accounts whose changes revoke: a new password, a disabled account and a removed one each end every grant and token of
 * the person (RFC 9700 §4.14.2), and so does the word that the password may be known to others.
 *
 * @param revoke Revokes all that a subject was given. When it fails the change has been made, and the caller is told.
 */
export function revokingAccounts(
  accounts: Accounts,
  revoke: (subject: string, why: RevocationReason, by?: Circumstances) => Promise<void>,
): RevokingAccounts {
  return {
    ...accounts,
    async setPassword(id, password, options) {
      await accounts.setPassword(id, password, options)
      await revoke(id, 'account.password_changed')
    },
    async replaceDemandedPassword(id, password) {
      if (!(await accounts.replaceDemandedPassword(id, password))) return false
      await revoke(id, 'account.password_changed')
      return true
    },
    async update(id, patch, by) {
      const changed = await accounts.update(id, patch)
      if (patch.disabled === true) await revoke(id, 'account.disabled', by)
      // Whoever else knows the password may be in already.
      else if (patch.mustChangePassword === true) await revoke(id, 'account.tokens_revoked', by)
      return changed
    },
    async remove(id, by) {
      const wasThere = await accounts.remove(id)
      await revoke(id, 'account.removed', by)
      return wasThere
    },
    revoke: (id, by) => revoke(id, 'account.tokens_revoked', by),
    async resetFactors(id, by) {
      if ((await accounts.get(id)) === undefined) {
        throw new AccountError('no_such_account', 'There is no such account')
      }
      await revoke(id, 'account.factors_reset', by)
    },
  }
}
