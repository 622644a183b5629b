/** Whether a client may be of the sector it names: the document there has to list its redirect URIs. */

import { outgoing, OutgoingError } from '../http/outgoing.ts'
import type { OutgoingAnswer } from '../http/outgoing.ts'
import type { ClientMetadata } from '../protocol/client-metadata.ts'
import { invalidClientMetadata } from '../protocol/registration-error.ts'
import type { Settings } from './settings.ts'

/** The largest document, in bytes. */
const mostBytes = 65_536

/**
 * Reads the document at the `sector_identifier_uri` of a client that registers, or changes, itself (OpenID Connect
 * Registration §5). Without one there is nothing to read.
 *
 * @throws {RegistrationError} `invalid_client_metadata` when it cannot be had, or does not have every redirect URI. Why it
 *   cannot be had is told to nobody: the answers would show what there is inside.
 */
export async function checkSectorDocument(
  { sectorIdentifierUri: address, redirectUris }: ClientMetadata,
  { clientFetch: fetch }: Pick<Settings, 'clientFetch'>,
): Promise<void> {
  if (address === undefined) return
  // Nothing is in every list: without this a stranger's client was of whatever sector it likes, and knew people by its names.
  if (redirectUris.length === 0) {
    throw invalidClientMetadata('sector_identifier_uri needs redirect URIs, which its document lists')
  }
  const listed = await listAt(address, fetch)
  if (!redirectUris.every((uri) => listed.includes(uri))) {
    throw invalidClientMetadata('The document at sector_identifier_uri does not list every redirect URI')
  }
}

async function listAt(address: string, fetch: Settings['clientFetch']): Promise<readonly unknown[]> {
  const list = await outgoing({ maxBytes: mostBytes, fetch })(address).then(listIn, (error: unknown) => {
    if (!(error instanceof OutgoingError)) throw error
    return undefined
  })
  if (list === undefined) {
    throw invalidClientMetadata('There is no JSON array of strings to be had at sector_identifier_uri')
  }
  return list
}

function listIn({ status, body }: OutgoingAnswer): readonly unknown[] | undefined {
  if (status !== 200) return undefined
  try {
    const list: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return Array.isArray(list) && list.every((each) => typeof each === 'string') ? list : undefined
  } catch {
    return undefined
  }
}
