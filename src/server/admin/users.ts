/** Accounts in the admin API: seen, added without a choice of password, changed, removed, cut off. */

import { json, path, query } from '../../api/parameters.ts'
import type { PathParameter } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import { HttpError } from '../../http/http-error.ts'
import type { Account } from '../accounts/types.ts'
import type { Sending } from '../recovery.ts'
import {
  addUser,
  askForPassword,
  changeUser,
  foundUser,
  removeUser,
  resetFactors,
  revokeUser,
} from './user-changes.ts'
import { flag, list, nullable, optional, paged, pageOf, record, reference, text } from './model.ts'
import type { ValueOfModel } from './model.ts'
import { answering, cursor, gone, guarded, limit, missing, usualLimit } from './routes.ts'
import type { AdminCall, AdminRoutes } from './routes.ts'

const scope = text({ min: 1, max: 200 })

const User = record('User', {
  id: text(),
  username: text(),
  name: optional(text()),
  email: optional(text()),
  email_verified: flag,
  scopes: list(text(), 1000),
  disabled: flag,
  must_change_password: flag,
  created_at: text({ format: 'date-time' }),
})

const CreatedUser = record('CreatedUser', {
  user: User,
  password: text({
    description: 'Made at random, shown once: hand it over. Its owner changes it at the first login.',
  }),
})

const NewUser = record('NewUser', {
  username: text({ min: 1, max: 1000 }),
  name: optional(text({ max: 1000 })),
  email: optional(text({ max: 1000 })),
  scopes: optional(list(scope)),
  disabled: optional(flag),
})

const UserChanges = record('UserChanges', {
  username: optional(text({ min: 1, max: 1000 })),
  name: optional(nullable(text({ max: 1000 }))),
  email: optional(nullable(text({ max: 1000 }))),
  scopes: optional(list(scope)),
  disabled: optional(flag),
  must_change_password: optional(flag),
})

const Sent = record('Sent', { sent: flag })

const Users = pageOf('Users', User)

/** The path parameter of an account. */
export const userId: PathParameter<string> = path(reference())

/** Adds `/users`. */
export function addUserRoutes({ routes, caller }: AdminRoutes): void {
  const reader = security(caller, ['admin:users:read'])
  const writer = security(caller, ['admin:users:write'])
  const usual = { ...guarded, tags: ['Users'] } as const
  const username = query(optional(text({ max: 1000, description: 'The one with this username, if any.' })))
  const search = query(
    optional(
      text({
        min: 1,
        max: 100,
        description: 'Those with this text in their username, name or e-mail address, in any case.',
      }),
    ),
  )

  routes.get(
    '/users',
    { admin: reader, limit, cursor, username, search },
    { ...usual, summary: 'List accounts', returns: Users, operationId: 'list_users' },
    ({ admin: { open }, limit = usualLimit, cursor, username, search }) =>
      answering(async () => {
        if (username !== undefined) {
          const found = await open.accounts.find(username)
          return { items: found === undefined ? [] : [shown(found)] }
        }
        const after = cursor === undefined ? {} : { after: cursor }
        const rows = await open.accounts.list({
          limit: limit + 1,
          ...after,
          ...(search === undefined ? {} : { search }),
        })
        return paged(rows, limit, ({ id }) => id, shown)
      }),
  )
  routes.post(
    '/users',
    { admin: writer, user: json(NewUser) },
    {
      ...usual,
      summary: 'Add an account',
      status: 201,
      returns: CreatedUser,
      responses: { 409: { description: 'The username is taken' } },
      operationId: 'create_user',
    },
    ({ admin, user }) =>
      answering(async () => {
        const { account, password } = await addUser(admin, user)
        return { user: shown(account), password }
      }),
  )
  routes.get(
    '/users/{id}',
    { admin: reader, id: userId },
    { ...usual, responses: missing, summary: 'Read an account', returns: User, operationId: 'get_user' },
    ({ admin: { open }, id }) => answering(async () => shown(await foundUser(open, id))),
  )
  routes.patch(
    '/users/{id}',
    { admin: writer, id: userId, changes: json(UserChanges) },
    {
      ...usual,
      summary:
        'Change an account; one that is disabled, or has to change its password, loses every session, grant and token',
      returns: User,
      responses: {
        ...missing,
        409: { description: 'The username is taken, or an administrator would lose their own rights' },
      },
      operationId: 'change_user',
    },
    ({ admin, id, changes: { must_change_password: mustChangePassword, ...changes } }) =>
      answering(async () => shown(await changeUser(admin, id, { ...changes, mustChangePassword }))),
  )
  routes.delete(
    '/users/{id}',
    { admin: writer, id: userId },
    {
      ...usual,
      responses: { ...missing, 409: { description: 'Nobody removes themselves here' } },
      summary: 'Remove an account and everything it was given',
      status: 204,
      operationId: 'remove_user',
    },
    ({ admin, id }) =>
      answering(async () => {
        if (!(await removeUser(admin, id))) throw gone('account')
      }),
  )
  routes.delete(
    '/users/{id}/factors',
    { admin: writer, id: userId },
    {
      ...usual,
      responses: { ...missing, 409: { description: 'Nobody takes their own away here' } },
      summary: 'Take all second factors of an account away, and end every session, grant and token of it',
      status: 204,
      operationId: 'reset_user_factors',
    },
    ({ admin, id }) => answering(() => resetFactors(admin, id)),
  )
  routes.post(
    '/users/{id}/password-reset',
    { admin: writer, id: userId },
    {
      ...usual,
      responses: {
        ...missing,
        409: { description: 'There is no mail or no address to send it to, or the account is disabled' },
        429: { description: 'The mailbox has got enough of them' },
      },
      summary: 'Send a link to set another password to the address of an account',
      status: 202,
      returns: Sent,
      operationId: 'send_password_reset',
    },
    ({ admin, id }) =>
      answering(async () => {
        const outcome = await askForPassword(admin, id)
        if (outcome !== 'sent') throw notSent(admin, outcome)
        return { sent: true }
      }),
  )
  routes.post(
    '/users/{id}/revoke',
    { admin: security(caller, ['admin:grants:write', 'admin:sessions:write']), id: userId },
    {
      ...usual,
      responses: missing,
      summary: 'End every session, grant and token of an account; it may log in again',
      status: 204,
      operationId: 'revoke_user',
    },
    ({ admin, id }) => answering(() => revokeUser(admin, id)),
  )
}

function notSent({ open }: AdminCall, outcome: Exclude<Sending, 'sent'>): HttpError {
  switch (outcome) {
    case 'no_mail':
      return new HttpError(409, 'This server sends no mail')
    case 'no_address':
      return new HttpError(409, 'The account has no e-mail address')
    case 'gone':
      return new HttpError(409, 'The account is disabled')
    case 'too_many': {
      const headers = { 'retry-after': String(open.settings.rateLimits.mailbox.seconds) }
      return new HttpError(429, 'This mailbox has got enough of them, try again later', { headers })
    }
  }
}

function shown(account: Account): ValueOfModel<typeof User> {
  const { createdAt, emailVerified, mustChangePassword = false, ...rest } = account
  return {
    ...rest,
    email_verified: emailVerified,
    must_change_password: mustChangePassword,
    created_at: createdAt.toISOString(),
  }
}
