/** How documents of clients are read, when they are: the options, complete. */

import type { FetchLike, OutgoingOptions } from '../http/outgoing.ts'
import { wrongOption } from './option-error.ts'

/** Clients that are known by the address of a document (draft-ietf-oauth-client-id-metadata-document). */
export interface ClientDocumentOptions {
  /** Whose documents are read, as they are in the address: `app.example`, `localhost:8080`. Any unless told. */
  readonly hosts?: readonly string[]
  /** The scopes that such clients may have; all unless told. */
  readonly scopes?: readonly string[]
  /** How long a document is believed at most before it is read again, in seconds. 3600 unless told; 60 to 86 400. */
  readonly maxAge?: number
  /**
   * Kinds of addresses that documents may be at besides public ones, over https all the same: for the applications of
   * one's own network. None unless told. Only with `hosts`: whoever names a client chooses what is called.
   */
  readonly reachable?: readonly ('loopback' | 'private')[]
  /** In development: documents on this computer, over http. Anywhere else they could be anything inside. */
  readonly dangerouslyAllowLocalhost?: boolean
  /** Reads the documents instead, through a proxy for example. Which addresses it reaches is then its own matter. */
  readonly fetch?: FetchLike
  /** Finds the addresses of a name; the system unless told. They are judged all the same. */
  readonly resolve?: NonNullable<OutgoingOptions['resolve']>
}

/** The options, complete. */
export interface DocumentSettings {
  readonly isAllowedHost: (host: string) => boolean
  readonly scopes: readonly string[]
  /** Seconds. */
  readonly maxAge: number
  readonly allowLocalhost: boolean
  readonly outgoing: Pick<OutgoingOptions, 'fetch' | 'resolve' | 'reachable'>
}

/**
 * Checks and completes.
 *
 * @returns `undefined` where documents are not read.
 * @throws {TypeError} For an option that cannot be right.
 */
export function documentSettings(
  option: boolean | ClientDocumentOptions | undefined,
  { scopeNames, isDevelopment }: { readonly scopeNames: readonly string[]; readonly isDevelopment: boolean },
): DocumentSettings | undefined {
  if (option === undefined || option === false) return undefined
  const { hosts, scopes, maxAge = 3600, ...others } = option === true ? {} : option
  const host = hosts?.find((each) => URL.parse(`https://${each}/`)?.host !== each)
  if (host !== undefined) throw wrong('hosts', `${JSON.stringify(host)} is no host as it is in an address`)
  const scope = scopes?.find((each) => !scopeNames.includes(each))
  if (scope !== undefined) throw wrong('scopes', `the scope ${JSON.stringify(scope)} is not in scopes`)
  if (!(maxAge >= leastAge && maxAge <= 86_400)) throw wrong('maxAge', 'seconds from 60 to 86400')
  const { reachable = [] } = others
  if (reachable.length > 0 && hosts === undefined) {
    throw wrong('reachable', 'only with hosts, or anybody could have any address in the network called')
  }
  const allowLocalhost = others.dangerouslyAllowLocalhost ?? false
  if (allowLocalhost && !isDevelopment) throw wrong('dangerouslyAllowLocalhost', 'only in development')
  return {
    isAllowedHost: (asked) => hosts === undefined || hosts.includes(asked),
    scopes: scopes ?? scopeNames,
    maxAge,
    allowLocalhost,
    outgoing: {
      ...(others.fetch === undefined ? {} : { fetch: others.fetch }),
      ...(others.resolve === undefined ? {} : { resolve: others.resolve }),
      reachable: allowLocalhost ? [...reachable, 'loopback'] : reachable,
    },
  }
}

/** Seconds. A document that is read more often than this would let anybody make this server a load on its host. */
export const leastAge = 60

function wrong(option: string, remedy: string): TypeError {
  return wrongOption(`clientIdMetadataDocuments.${option}`, remedy)
}
