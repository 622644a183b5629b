/** The page of the accounts: a list, one to be found by name, and the form that adds one. */

import type { Account } from '../../accounts/types.ts'
import { isAccountId } from '../../accounts/id.ts'
import { isAdminScope } from '../../admin/scopes.ts'
import { needScopes } from '../../admin/actor.ts'
import { addUser } from '../../admin/user-changes.ts'
import type { AdminUserRow } from '../../interaction/admin-pages.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, FormProblem, framed, nameIn } from './admin-page.ts'
import type { AdminRequest, Failed } from './admin-page.ts'
import { sentScopes, userFields } from './user-fields.ts'

/** How many stand on a page. */
export const pageSize = 50

/** Adds `/admin/users`. */
export function addUsersPage(site: PageSite): void {
  addAdminPage(site, '/admin/users', 'users', { shown: show, posted })
}

async function posted(request: AdminRequest): Promise<Response> {
  const { open, actor, sent, visit, pages } = request
  needScopes(open, actor, ['admin:users:write'])
  const username = sent.one('username')
  if (username === undefined) throw new FormProblem('username')
  const user = {
    username,
    name: sent.one('name'),
    email: sent.one('email'),
    scopes: sentScopes(request, []),
  }
  const { account, password } = await addUser(request, user)
  const href = `${open.settings.basePath}/admin/users/${encodeURIComponent(account.id)}`
  const page = {
    frame: request.frame,
    kind: 'password',
    owner: account.username,
    value: password,
    href,
  } as const
  return visit.page(201, pages.once(page, visit.context))
}

async function show(request: AdminRequest, failed?: Failed): Promise<Response> {
  const { open, visit, pages, actor, asked } = request
  const { accounts, settings } = open
  const here = `${settings.basePath}/admin/users`
  const search = asked.one('search')?.slice(0, 200)
  const after = nameIn(asked, 'after')
  const found = await accounts.list({
    limit: pageSize + 1,
    ...(after === undefined || !isAccountId(after) ? {} : { after }),
    ...(search === undefined ? {} : { search }),
  })
  const users = found.slice(0, pageSize)
  const last = users.at(-1)
  const page = {
    frame: framed(request, failed),
    users: users.map((account) => rowOf(account, here)),
    nextHref:
      found.length > pageSize && last !== undefined
        ? `${here}?${new URLSearchParams({ ...(search === undefined ? {} : { search }), after: last.id }).toString()}`
        : undefined,
    searchHref: here,
    search,
    create: actor.scopes.has('admin:users:write')
      ? {
          form: visit.form('/admin/users', 'session'),
          fields: userFields(request, failed !== undefined, { scopes: [] }),
        }
      : undefined,
  }
  return visit.page(failed?.status ?? 200, pages.users(page, visit.context))
}

function rowOf({ id, username, name, disabled, scopes }: Account, here: string): AdminUserRow {
  return {
    username,
    name,
    href: `${here}/${encodeURIComponent(id)}`,
    isDisabled: disabled,
    isAdmin: scopes.some(isAdminScope),
  }
}
