/** A person logs in by name and password: slowed by account and by address, the same answer whatever is wrong. */

import { OAuthError } from '../protocol/oauth-error.ts'
import type { Account } from './accounts/types.ts'
import type { Login } from './accounts/login.ts'
import { readUsername } from './accounts/names.ts'
import { auditEvent } from './audit.ts'
import type { Origin } from './audit.ts'
import type { Service } from './service.ts'

/**
 * Checks a username and a password.
 *
 * @param clientId The client behind it, for the audit log.
 * @throws {OAuthError} `invalid_grant` with one text for everything that can be wrong.
 * @throws {HttpError} 429 after too many failures, 503 when it cannot be judged just now.
 */
export async function logIn(
  { accounts, limits, settings, audit }: Service,
  { username, password }: { readonly username: string; readonly password: string },
  { clientId, origin }: { readonly clientId?: string; readonly origin: Origin },
): Promise<Login<Account>> {
  const name = await usernameOf(accounts, username)
  // Every spelling of a name is one account, and has one count; a name that nobody can have is counted as well.
  const key = readUsername(name)?.usernameKey ?? name.slice(0, 200)
  const limit = await limits.loginFailures(key, origin.address)
  await limit.attempt()
  try {
    const login = await accounts.authenticate({ username: name, password })
    await limit.succeeded()
    return login
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant') {
      const account = await accounts.find(name)
      // Not what was typed: people type passwords into the field for the name.
      const about = {
        ...(account === undefined ? {} : { subject: account.id }),
        ...(clientId === undefined ? {} : { clientId }),
      }
      await audit([auditEvent('login.failed', settings.now(), { ...about, ...origin })])
    } else {
      // Too busy to hash, or a database that is away: that is no wrong password.
      // What is thrown below tells of it.
      await limit.unjudged().catch(() => undefined)
    }
    throw error
  }
}

/** A verified address is as good as the name of its account: what follows, counts included, is about the account. */
async function usernameOf(accounts: Service['accounts'], typed: string): Promise<string> {
  if (!typed.includes('@')) return typed
  // Both at once: how long it takes does not tell which of them there is.
  const [byName, [byEmail]] = await Promise.all([accounts.find(typed), accounts.findByEmail(typed)])
  return byName === undefined && byEmail?.emailVerified === true ? byEmail.username : typed
}
