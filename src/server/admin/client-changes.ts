/** What administrators do to clients, from the API and from the pages. */

import type { Client, ClientDefinition, ClientPatch } from '../clients.ts'
import { ClientError } from '../clients.ts'
import type { Service } from '../service.ts'
import { keepOwn, needNoMore } from './actor.ts'
import { scopesIn } from './client-models.ts'
import { gone } from './routes.ts'
import type { AdminCall } from './routes.ts'

/**
 * The client with this id.
 *
 * @throws {HttpError} 404
 */
export async function foundClient({ clients }: Pick<Service, 'clients'>, id: string): Promise<Client> {
  // What cannot be an id gets to no database.
  const client = /^[\x21-\x7e]{1,200}$/.test(id) ? await clients.get(id) : undefined
  if (client === undefined) throw gone('client')
  return client
}

/** Adds a client. Its secret, where it has one, is in the answer and never again. */
export async function addClient(
  { open, actor }: AdminCall,
  definition: ClientDefinition,
): Promise<{ readonly client: Client; readonly secret?: string }> {
  needNoMore(actor, scopesIn(definition))
  return open.clients.add(definition, 'admin', actor.circumstances)
}

/** Changes a client. One that is disabled loses what it was given. */
export async function changeClient(call: AdminCall, id: string, patch: ClientPatch): Promise<Client> {
  const { open, actor } = call
  const { privileges } = await mayBeChanged(call, id)
  needNoMore(actor, scopesIn(patch))
  const own = privileges.clientCredentialsScopes ?? []
  const { clientCredentialsScopes: next = own } = patch
  keepOwn(actor, id, own, patch.disabled === true ? [] : (next ?? []))
  const changed = await open.clients.change(id, patch, actor.circumstances)
  if (patch.disabled === true) await open.revocations.refresh()
  return changed
}

/**
 * A new secret; the old one works for `overlap` seconds more.
 *
 * @throws {ClientError} `fixed` for a client of the options.
 */
export async function rotateClientSecret(call: AdminCall, id: string, overlap?: number): Promise<string> {
  const { open, actor } = call
  const client = await mayBeChanged(call, id)
  // The next start would put the secret of the options back.
  if (client.source === 'code') {
    throw new ClientError('fixed', `The client ${id} is in the options of the server: change it there`)
  }
  return open.clients.rotateSecret(id, overlap, actor.circumstances)
}

/** Removes a client and all it was given. Answers whether there was one. */
export async function removeClient(call: AdminCall, id: string): Promise<boolean> {
  const { open, actor } = call
  const { privileges } = await mayBeChanged(call, id)
  keepOwn(actor, id, privileges.clientCredentialsScopes ?? [])
  const wasThere = await open.clients.remove(id, actor.circumstances)
  await open.revocations.refresh()
  return wasThere
}

/** Whoever changes a client may get at what it can get. */
async function mayBeChanged({ open, actor }: AdminCall, id: string): Promise<Client> {
  const client = await foundClient(open, id)
  needNoMore(actor, scopesIn({ ...client.metadata, ...client.privileges }))
  return client
}
