/** The fields about an account on the admin pages: what stands in them, and what was sent. */

import { isAdminScope } from '../../admin/scopes.ts'
import type { AdminScopeChoice, AdminUserFields } from '../../interaction/admin-pages.ts'
import type { AdminRequest } from './admin-page.ts'

/** What stands in the fields: what was sent and is wrong, or else what there is. */
export function userFields(
  request: AdminRequest,
  isAgain: boolean,
  before: {
    readonly username?: string
    readonly name?: string
    readonly email?: string
    readonly scopes: readonly string[]
  },
): AdminUserFields {
  const { sent } = request
  if (!isAgain) return { ...before, scopes: choices(request, before.scopes) }
  const shown = (name: string): string | undefined => sent.one(name)?.slice(0, 1000)
  return {
    username: shown('username'),
    name: shown('name'),
    email: shown('email'),
    scopes: choices(request, sentScopes(request, before.scopes)),
  }
}

/** The scopes that were ticked, with those that this administrator could not tick. */
export function sentScopes(request: AdminRequest, before: readonly string[]): readonly string[] {
  const ticked = new Set(request.sent.all('scope'))
  return Object.keys(request.open.settings.scopes).filter((scope) =>
    isLocked(request, scope) ? before.includes(scope) : ticked.has(scope),
  )
}

function choices(request: AdminRequest, set: readonly string[]): readonly AdminScopeChoice[] {
  return Object.entries(request.open.settings.scopes).map(([name, text]) => ({
    name,
    text,
    isSet: set.includes(name),
    isLocked: isLocked(request, name),
  }))
}

/** Those that they do not have, and their own: nobody takes those away from themselves. */
function isLocked({ actor, id }: AdminRequest, scope: string): boolean {
  return isAdminScope(scope) && (!actor.scopes.has(scope) || actor.subject === id)
}
