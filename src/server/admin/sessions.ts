/** Login sessions in the admin API: where a person is logged in, and the end of it. */

import { path } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { list, optional, record, reference, text } from './model.ts'
import type { ValueOfModel } from './model.ts'
import { answering, gone, guarded, missing } from './routes.ts'
import type { AdminCall, AdminRoutes } from './routes.ts'
import { foundUser } from './user-changes.ts'
import { userId } from './users.ts'

const Session = record('Session', {
  id: text({ description: 'Its name. It opens nothing.' }),
  created_at: text({ format: 'date-time' }),
  last_seen_at: text({ format: 'date-time' }),
  auth_time: text({ format: 'date-time' }),
  methods: list(text()),
  address: optional(text()),
  user_agent: optional(text()),
})

const Sessions = record('Sessions', { items: list(Session) })

/** Adds `/users/{id}/sessions`. */
export function addSessionRoutes({ routes, caller }: AdminRoutes): void {
  const writer = security(caller, ['admin:sessions:write'])
  const usual = { ...guarded, tags: ['Sessions'] } as const
  routes.get(
    '/users/{id}/sessions',
    { admin: security(caller, ['admin:sessions:read']), id: userId },
    {
      ...usual,
      responses: missing,
      summary: 'List where an account is logged in',
      returns: Sessions,
      operationId: 'list_sessions',
    },
    ({ admin: { open }, id }) =>
      answering(async () => {
        await foundUser(open, id)
        return { items: (await open.store.listSessions(id, open.settings.now())).map(shown) }
      }),
  )
  routes.delete(
    '/users/{id}/sessions',
    { admin: writer, id: userId },
    {
      ...usual,
      responses: missing,
      summary: 'End every login session of an account',
      status: 204,
      operationId: 'end_sessions',
    },
    ({ admin, id }) => answering(() => endSessions(admin, id)),
  )
  routes.delete(
    '/users/{id}/sessions/{session}',
    { admin: writer, id: userId, session: path(reference()) },
    { ...usual, responses: missing, summary: 'End a login session', status: 204, operationId: 'end_session' },
    ({ admin, id, session }) =>
      answering(async () => {
        if (!(await endSession(admin, id, session))) throw gone('session')
      }),
  )
}

/** Ends a session of this account. Answers whether there was one. */
export async function endSession(call: AdminCall, subject: string, session: string): Promise<boolean> {
  // From the list of this account: what ends with a session is looked for by its id alone.
  const found = (await listed(call, subject)).find(({ id }) => id === session)
  if (found === undefined) return false
  await call.open.sessions.end(found, undefined, call.actor.circumstances)
  return true
}

/** Ends all sessions of this account. */
export async function endSessions(call: AdminCall, subject: string): Promise<void> {
  await foundUser(call.open, subject)
  for (let round = 0; round < mostRounds; round++) {
    const all = await listed(call, subject)
    if (all.length === 0) return
    for (const each of all) await call.open.sessions.end(each, undefined, call.actor.circumstances)
  }
}

/** The store lists a hundred at a time. */
const mostRounds = 20

function listed({ open }: AdminCall, subject: string): Promise<readonly StoredSession[]> {
  return open.store.listSessions(subject, open.settings.now())
}

function shown(session: StoredSession): ValueOfModel<typeof Session> {
  const { id, createdAt, lastSeenAt, authTime, methods, address, userAgent } = session
  return {
    id,
    created_at: new Date(createdAt).toISOString(),
    last_seen_at: new Date(lastSeenAt).toISOString(),
    auth_time: new Date(authTime).toISOString(),
    methods,
    address,
    user_agent: userAgent,
  }
}
