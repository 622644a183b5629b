/** The name by which a client knows a person: the account's id, or one that no other sector knows (OpenID Connect Core §8). */

import { createHmac } from 'node:crypto'
import { sectorOf } from '../../protocol/client-metadata.ts'
import type { Client } from '../clients.ts'
import type { Settings } from '../settings.ts'

/**
 * The `sub` of an account for a client.
 *
 * @param account The id of the account.
 */
export function subjectFor(settings: Settings, client: Pick<Client, 'metadata'>, account: string): string {
  const { metadata } = client
  if (metadata.subjectType !== 'pairwise' || settings.openid === undefined) return account
  return createHmac('sha256', settings.openid.pairwiseSalt)
    .update(`gatewright pairwise subject\0${sectorOf(metadata)}\0${account}`)
    .digest('base64url')
}
