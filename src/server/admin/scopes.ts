/** The scopes of the admin API, and who may be given one: whoever holds it already. */

import type { Client } from '../clients.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'

/** Every scope of the admin API, each with the sentence of the consent page. */
export const adminScopes = {
  'admin:users:read': 'Admin: see all accounts',
  'admin:users:write': 'Admin: add, change and remove accounts',
  'admin:clients:read': 'Admin: see all clients',
  'admin:clients:write': 'Admin: add, change and remove clients',
  'admin:grants:read': 'Admin: see what people have allowed to which client',
  'admin:grants:write': 'Admin: take back what people have allowed, and revoke tokens',
  'admin:sessions:read': 'Admin: see where people are logged in',
  'admin:sessions:write': 'Admin: end login sessions',
  'admin:keys:read': 'Admin: see the signing keys',
  'admin:keys:write': 'Admin: rotate and remove signing keys',
  'admin:audit:read': 'Admin: read the audit log',
} as const

/** A scope of the admin API. */
export type AdminScope = keyof typeof adminScopes

/** Whether a scope is one of the admin API. */
export function isAdminScope(scope: string): scope is AdminScope {
  return Object.hasOwn(adminScopes, scope)
}

/** What a client may ask for: what it was registered with, or else every scope but those of the admin API. */
export function scopesOfClient(
  { publicScopes }: Pick<Settings, 'publicScopes'>,
  { metadata }: Pick<Client, 'metadata'>,
): readonly string[] {
  return metadata.scopes ?? publicScopes
}

/**
 * These scopes without the ones of the admin API that the subject does not hold at this moment: an account by its own
 * `scopes`, a client that acts for itself by its `clientCredentialsScopes`. A person's consent cannot give away what the
 * person does not have.
 */
export async function heldScopes(
  { accounts, clients }: Pick<Service, 'accounts' | 'clients'>,
  subject: string,
  scopes: readonly string[],
): Promise<readonly string[]> {
  // Nearly always: nobody is looked up for the scopes of applications.
  if (!scopes.some(isAdminScope)) return scopes
  const account = await accounts.get(subject)
  const held = new Set(account === undefined ? await ofClient(clients, subject) : account.scopes)
  const isOut = account?.disabled === true
  return scopes.filter((scope) => !isAdminScope(scope) || (held.has(scope) && !isOut))
}

async function ofClient(clients: Service['clients'], id: string): Promise<readonly string[]> {
  const client = await clients.get(id)
  return client === undefined || client.disabled ? [] : (client.privileges.clientCredentialsScopes ?? [])
}
