/** Reading the document of a client from where it is: within limits, and from no address inside. */

import { outgoing, OutgoingError } from '../http/outgoing.ts'
import type { OutgoingAnswer, OutgoingFault } from '../http/outgoing.ts'
import { parseClientIdDocument } from '../protocol/client-id-document.ts'
import type { ClientMetadata } from '../protocol/client-metadata.ts'
import { RegistrationError } from '../protocol/registration-error.ts'
import { assertionAlgorithms } from './client-authentication.ts'
import { leastAge } from './document-settings.ts'
import type { DocumentSettings } from './document-settings.ts'
import { idTokenAlgorithms } from './openid/algorithms.ts'
import type { Settings } from './settings.ts'

/** A document that was read and is good. */
export interface ReadDocument {
  readonly metadata: ClientMetadata
  /** For how many seconds it may be believed. */
  readonly maxAge: number
}

/** A document that cannot be used. Its message is for whoever wrote it; why it was not had is for the log. */
export class ClientDocumentError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'ClientDocumentError'
  }
}

/** The largest document, in bytes (§6.6 of the draft). */
const mostBytes = 5 * 1024

/** Makes a function that reads documents. It throws {@link ClientDocumentError}, whatever goes wrong. */
export function documentReader(
  settings: Settings,
  options: DocumentSettings,
): (address: string) => Promise<ReadDocument> {
  const send = outgoing({ ...options.outgoing, maxBytes: mostBytes, timeout: 5 })
  const rules = {
    scopes: options.scopes,
    assertionAlgorithms,
    idTokenAlgorithms: idTokenAlgorithms(settings),
  }
  return async (address) => {
    try {
      const answer = await send(address)
      return {
        metadata: parseClientIdDocument(address, jsonIn(answer), rules),
        maxAge: ageOf(answer, options.maxAge),
      }
    } catch (error) {
      if (error instanceof OutgoingError) throw new ClientDocumentError(reasons[error.fault], error)
      if (error instanceof RegistrationError) throw new ClientDocumentError(error.message)
      throw error
    }
  }
}

const unreachable = 'The document cannot be reached'

/** Said of what answers in the world. What is inside, and whether it is there, is told to nobody who asks. */
const reasons: Readonly<Record<OutgoingFault, string>> = {
  address: unreachable,
  network: unreachable,
  time: unreachable,
  scheme: unreachable,
  redirect: 'The document is somewhere else, and redirects are not followed',
  size: `The document has more than ${mostBytes} bytes`,
  encoding: 'The document came in an encoding that was not asked for',
}

function jsonIn({ status, headers, body }: OutgoingAnswer): unknown {
  // §4 of the draft: anything else is an error, and no document.
  if (status !== 200) throw new ClientDocumentError(`The document was answered with status ${status}`)
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^application\/(?:json|[\w.-]+\+json)$/.test(type)) {
    throw new ClientDocumentError('The document is not sent as application/json')
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new ClientDocumentError('The document is no JSON')
  }
}

/** §4.4 of the draft: what the answer says of its age, within our own bounds. */
function ageOf({ headers }: OutgoingAnswer, most: number): number {
  const control = headers.get('cache-control')?.toLowerCase() ?? ''
  if (/\bno-(?:store|cache)\b/.test(control)) return leastAge
  const said = /\bmax-age="?(\d{1,9})/.exec(control)?.[1]
  return said === undefined ? most : Math.min(most, Math.max(leastAge, Number(said)))
}
