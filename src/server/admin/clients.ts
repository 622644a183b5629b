/** Clients in the admin API: seen, added, changed, given another secret, removed. */

import { json, path } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import { newClientId } from '../clients.ts'
import { addClient, changeClient, foundClient, removeClient, rotateClientSecret } from './client-changes.ts'
import { ClientChanges, definitionOf, NewClient, patchOf, shownClient, ShownClient } from './client-models.ts'
import { optional, paged, pageOf, record, reference, text, whole } from './model.ts'
import { answering, cursor, gone, guarded, limit, missing, usualLimit } from './routes.ts'
import type { AdminRoutes } from './routes.ts'

const secret = text({ description: 'Shown once: what is kept is its hash.' })
const CreatedClient = record('CreatedClient', { client: ShownClient, client_secret: optional(secret) })
const NewSecret = record('NewSecret', { client_id: text(), client_secret: secret })
const Rotation = record('Rotation', {
  overlap: optional(
    whole(
      0,
      31_536_000,
      'For how many seconds the secret before still works: a day unless told, 0 after a leak.',
    ),
  ),
})
const Clients = pageOf('Clients', ShownClient)

/** Adds `/clients`. */
export function addClientRoutes({ routes, caller }: AdminRoutes): void {
  const reader = security(caller, ['admin:clients:read'])
  const writer = security(caller, ['admin:clients:write'])
  const id = path(reference())
  const usual = { ...guarded, tags: ['Clients'] } as const
  const fixed = { 409: { description: 'The client is in the options of the server: change it there' } }

  routes.get(
    '/clients',
    { admin: reader, limit, cursor },
    { ...usual, summary: 'List clients', returns: Clients, operationId: 'list_clients' },
    ({ admin: { open }, limit = usualLimit, cursor }) =>
      answering(async () => {
        const after = cursor === undefined ? {} : { after: cursor }
        const rows = await open.clients.list({ limit: limit + 1, ...after })
        return paged(rows, limit, (client) => client.id, shownClient)
      }),
  )
  routes.post(
    '/clients',
    { admin: writer, client: json(NewClient) },
    {
      ...usual,
      summary: 'Add a client; its secret is in the answer and never again',
      status: 201,
      returns: CreatedClient,
      responses: { 409: { description: 'The client_id is taken' } },
      operationId: 'create_client',
    },
    ({ admin, client: sent }) =>
      answering(async () => {
        const added = await addClient(admin, definitionOf(sent.client_id ?? newClientId(), sent))
        return { client: shownClient(added.client), client_secret: added.secret }
      }),
  )
  routes.get(
    '/clients/{id}',
    { admin: reader, id },
    {
      ...usual,
      responses: missing,
      summary: 'Read a client',
      returns: ShownClient,
      operationId: 'get_client',
    },
    ({ admin: { open }, id }) => answering(async () => shownClient(await foundClient(open, id))),
  )
  routes.patch(
    '/clients/{id}',
    { admin: writer, id, changes: json(ClientChanges) },
    {
      ...usual,
      summary: 'Change a client; one that is disabled loses what it was given',
      returns: ShownClient,
      responses: { ...missing, ...fixed },
      operationId: 'change_client',
    },
    ({ admin, id, changes }) =>
      answering(async () => shownClient(await changeClient(admin, id, patchOf(changes)))),
  )
  routes.post(
    '/clients/{id}/rotate-secret',
    { admin: writer, id, rotation: json(optional(Rotation)) },
    {
      ...usual,
      summary: 'Make a new secret; the one before works for a while',
      returns: NewSecret,
      responses: { ...missing, ...fixed },
      operationId: 'rotate_client_secret',
    },
    ({ admin, id, rotation }) =>
      answering(async () => ({
        client_id: id,
        client_secret: await rotateClientSecret(admin, id, rotation?.overlap),
      })),
  )
  routes.delete(
    '/clients/{id}',
    { admin: writer, id },
    {
      ...usual,
      summary: 'Remove a client and everything it was given',
      responses: missing,
      description:
        'A client of the options comes back at the next start of the server, without what it was given.',
      status: 204,
      operationId: 'remove_client',
    },
    ({ admin, id }) =>
      answering(async () => {
        if (!(await removeClient(admin, id))) throw gone('client')
      }),
  )
}
