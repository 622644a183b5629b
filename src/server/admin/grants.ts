/** Grants in the admin API: what people have allowed to which client, and the end of it. */

import { path, query } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import type { StoredGrant } from '../../store/grant-store.ts'
import { auditEvent, under } from '../audit.ts'
import { revokedUntil } from '../keys/signing-keys.ts'
import { list, optional, paged, pageOf, record, reference, text } from './model.ts'
import type { ValueOfModel } from './model.ts'
import { answering, cursor, gone, guarded, limit, missing, usualLimit } from './routes.ts'
import type { AdminCall, AdminRoutes } from './routes.ts'

const Grant = record('Grant', {
  id: text(),
  subject: text({ description: 'The account.' }),
  client_id: text(),
  scopes: list(text(), 1000),
  resources: list(text(), 1000),
  created_at: text({ format: 'date-time' }),
  last_used_at: text({ format: 'date-time' }),
})

const Grants = pageOf('Grants', Grant)

/** Adds `/grants`. */
export function addGrantRoutes({ routes, caller }: AdminRoutes): void {
  const usual = { ...guarded, tags: ['Grants'] } as const
  routes.get(
    '/grants',
    {
      admin: security(caller, ['admin:grants:read']),
      limit,
      cursor,
      subject: query(optional(reference('Those of this account.'))),
      client_id: query(optional(reference('Those of this client.'))),
    },
    { ...usual, summary: 'List grants that are alive', returns: Grants, operationId: 'list_grants' },
    ({ admin: { open }, limit = usualLimit, cursor, subject, client_id: clientId }) =>
      answering(async () => {
        const rows = await open.store.listGrants({
          now: open.settings.now(),
          limit: limit + 1,
          ...(cursor === undefined ? {} : { after: cursor }),
          ...(subject === undefined ? {} : { subject }),
          ...(clientId === undefined ? {} : { clientId }),
        })
        return paged(rows, limit, ({ id }) => id, shown)
      }),
  )
  routes.delete(
    '/grants/{id}',
    { admin: security(caller, ['admin:grants:write']), id: path(reference()) },
    {
      ...usual,
      responses: missing,
      summary: 'Revoke a grant and every token of it',
      status: 204,
      operationId: 'revoke_grant',
    },
    ({ admin, id }) =>
      answering(async () => {
        if (!(await revokeGrant(admin, id))) throw gone('grant')
      }),
  )
}

/** Revokes a grant. Answers whether it was alive. */
export async function revokeGrant({ open, actor }: AdminCall, id: string): Promise<boolean> {
  const { store, settings } = open
  const grant = await store.getGrant(id)
  if (grant === undefined) return false
  const now = settings.now()
  const about = { subject: grant.subject, clientId: grant.clientId, grantId: id }
  const audit = [under(auditEvent('grant.revoked', now, about), actor.circumstances)]
  const wasAlive = await store.revokeGrant(id, { now, until: revokedUntil(settings, now), audit })
  if (wasAlive) open.tell(audit)
  await open.revocations.refresh()
  return wasAlive
}

function shown(grant: StoredGrant): ValueOfModel<typeof Grant> {
  const { id, subject, clientId, scopes, resources, createdAt, lastUsedAt } = grant
  return {
    id,
    subject,
    client_id: clientId,
    scopes,
    resources,
    created_at: new Date(createdAt).toISOString(),
    last_used_at: new Date(lastUsedAt).toISOString(),
  }
}
