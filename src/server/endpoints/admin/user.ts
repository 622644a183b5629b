/** The page of one account: what it is, where it is logged in, what it has allowed, and the end of each. */

import type { Account, AccountPatch } from '../../accounts/types.ts'
import { needScopes } from '../../admin/actor.ts'
import { revokeGrant } from '../../admin/grants.ts'
import { isAdminScope } from '../../admin/scopes.ts'
import type { AdminScope } from '../../admin/scopes.ts'
import { endSession, endSessions } from '../../admin/sessions.ts'
import {
  askForPassword,
  changeUser,
  foundUser,
  removeUser,
  resetFactors,
  revokeUser,
} from '../../admin/user-changes.ts'
import { secondFactorsOf } from '../../factors/second-factors.ts'
import type { AdminFactors, AdminGrant, AdminSession } from '../../interaction/admin-pages.ts'
import { pageClient } from '../../interaction/page-client.ts'
import { readUserAgent } from '../../interaction/user-agent.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, doneWith, FormProblem, framed, nameIn } from './admin-page.ts'
import type { AdminRequest, Failed } from './admin-page.ts'
import { sentScopes, userFields } from './user-fields.ts'

/** Adds `/admin/users/{id}`. */
export function addUserPage(site: PageSite): void {
  addAdminPage(site, '/admin/users/{id}', 'users', { shown: show, posted })
}

async function posted(request: AdminRequest): Promise<Response> {
  const { id, sent } = request
  const account = await foundUser(request.open, id)
  switch (sent.one('action')) {
    case 'change':
      allow(request, 'admin:users:write')
      await changeUser(request, id, patchOf(request, account))
      return doneWith(request, request.path, 'changed')
    case 'remove':
      allow(request, 'admin:users:write')
      // Whoever types the name means this account.
      if (sent.one('confirm')?.trim() !== account.username) throw new FormProblem('confirm')
      await removeUser(request, id)
      return doneWith(request, '/admin/users', 'removed')
    case 'send_reset':
      allow(request, 'admin:users:write')
      if ((await askForPassword(request, id)) !== 'sent') throw new FormProblem('not_sent')
      return doneWith(request, request.path, 'reset_sent')
    case 'reset_factors':
      allow(request, 'admin:users:write')
      await resetFactors(request, id)
      return doneWith(request, request.path, 'factors_reset')
    case 'end_session':
      allow(request, 'admin:sessions:write')
      await endSession(request, id, nameIn(sent, 'session') ?? '')
      return doneWith(request, request.path, 'ended')
    case 'end_sessions':
      allow(request, 'admin:sessions:write')
      await endSessions(request, id)
      return doneWith(request, request.path, 'ended')
    case 'revoke_grant':
      allow(request, 'admin:grants:write')
      await revokeGrant(request, nameIn(sent, 'grant') ?? '')
      return doneWith(request, request.path, 'revoked')
    case 'revoke':
      allow(request, 'admin:grants:write', 'admin:sessions:write')
      await revokeUser(request, id)
      return doneWith(request, request.path, 'revoked')
    default:
      return show(request)
  }
}

function allow({ open, actor }: AdminRequest, ...scopes: readonly AdminScope[]): void {
  needScopes(open, actor, scopes)
}

/** Only what is other than before. */
function patchOf(request: AdminRequest, before: Account): AccountPatch {
  const { sent } = request
  const username = sent.one('username')
  if (username === undefined) throw new FormProblem('username')
  const name = sent.one('name') ?? null
  const email = sent.one('email') ?? null
  const scopes = sentScopes(request, before.scopes)
  const disabled = sent.one('disabled') === 'yes'
  const isSame =
    scopes.length === before.scopes.length && scopes.every((each) => before.scopes.includes(each))
  return {
    ...(username === before.username ? {} : { username }),
    ...(name === (before.name ?? null) ? {} : { name }),
    ...(email === (before.email ?? null) ? {} : { email }),
    ...(isSame ? {} : { scopes }),
    ...(disabled === before.disabled ? {} : { disabled }),
  }
}

async function show(request: AdminRequest, failed?: Failed): Promise<Response> {
  const { open, visit, pages, id, actor } = request
  const account = await foundUser(open, id)
  const { scopes: held } = actor
  const isAgain = failed !== undefined && request.sent.one('action') === 'change'
  const isSelf = actor.subject === account.id
  const mayChange =
    held.has('admin:users:write') && account.scopes.every((each) => !isAdminScope(each) || held.has(each))
  const page = {
    frame: framed(request, failed),
    user: {
      id: account.id,
      username: account.username,
      isDisabled: account.disabled,
      isSelf,
      createdAt: account.createdAt.getTime(),
    },
    form: visit.form(`/admin/users/${encodeURIComponent(account.id)}`, 'session'),
    fields: userFields(request, isAgain, account),
    mayChange,
    mayRemove: mayChange && !isSelf,
    resetTo: mayChange && open.mail !== undefined && !account.disabled ? account.email : undefined,
    factors: mayChange && !isSelf ? await factorsOf(request, account.id) : undefined,
    sessions: held.has('admin:sessions:read') ? await sessionsOf(request, account.id) : undefined,
    mayEnd: held.has('admin:sessions:write'),
    grants: held.has('admin:grants:read') ? await grantsOf(request, account.id) : undefined,
    mayRevoke: held.has('admin:grants:write') && held.has('admin:sessions:write'),
    auditHref: held.has('admin:audit:read')
      ? `${open.settings.basePath}/admin/audit?subject=${encodeURIComponent(account.id)}`
      : undefined,
  }
  return visit.page(failed?.status ?? 200, pages.user(page, visit.context))
}

async function factorsOf({ open }: AdminRequest, subject: string): Promise<AdminFactors | undefined> {
  const { apps, passkeys, recoveryCodes } = await secondFactorsOf(open, subject)
  const counts = { apps: apps.length, passkeys: passkeys.length, recoveryCodes }
  return apps.length + passkeys.length + recoveryCodes === 0 ? undefined : counts
}

async function sessionsOf({ open }: AdminRequest, subject: string): Promise<readonly AdminSession[]> {
  const sessions = await open.store.listSessions(subject, open.settings.now())
  return sessions.map(({ id, address, userAgent, lastSeenAt }) => ({
    id,
    address,
    lastSeenAt,
    ...readUserAgent(userAgent),
  }))
}

async function grantsOf({ open }: AdminRequest, subject: string): Promise<readonly AdminGrant[]> {
  const grants = await open.store.listGrants({ subject, limit: 100, now: open.settings.now() })
  return Promise.all(
    grants.map(async ({ id, clientId, scopes, lastUsedAt }) => {
      const client = await open.clients.get(clientId)
      const clientName = client === undefined ? clientId : pageClient(client).name
      return { id, clientName, scopes, lastUsedAt }
    }),
  )
}
