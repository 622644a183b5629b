/** The public keys of clients that authenticate with assertions: registered ones, or those behind a `jwks_uri` (RFC 7591 §2). */

import { parseJsonObject } from '../crypto/jws.ts'
import type { CompactJws } from '../crypto/jws.ts'
import { verificationKeys } from '../crypto/verification-key.ts'
import type { VerificationKey } from '../crypto/verification-key.ts'
import { outgoing } from '../http/outgoing.ts'
import type { Outgoing } from '../http/outgoing.ts'
import { temporarilyUnavailable } from '../protocol/oauth-error.ts'
import { kept, Unavailable } from '../verify/kept.ts'
import type { KeepingTimes, Kept } from '../verify/kept.ts'
import { assertionAlgorithms } from './client-authentication.ts'
import type { Client } from './clients.ts'
import type { Settings } from './settings.ts'

/** Holds assertions against the keys of their clients. */
export interface ClientKeys {
  /**
   * Whether a key of the client has made this signature. Keys behind an address are fetched here: everything else about
   * the assertion has to be checked before, so that nobody makes this server send requests with garbage.
   *
   * @param header The one of the assertion, checked.
   * @throws {OAuthError} 503 `temporarily_unavailable` with `Retry-After` while the keys cannot be had.
   */
  haveSigned(client: Client, header: Readonly<Record<string, unknown>>, jws: CompactJws): Promise<boolean>
}

/** Seconds. A key that was taken out is good for minutes more; one that is new is found as soon as somebody signs with it. */
const times: KeepingTimes = { maxAge: 300, staleFor: 3600, coolDown: 60, retryDelay: 10 }
/** The largest key set, in bytes. */
const mostBytes = 65_536
/** So many keys of a set are used: an assertion without a `kid` is held against each. */
const mostKeys = 32
/** So many addresses are remembered. The one that was not needed for the longest time goes first. */
const mostAddresses = 1000

/** The keys of the clients of one server. */
export function clientKeys({
  clientFetch,
  clock,
  report,
}: Pick<Settings, 'clientFetch' | 'clock' | 'report'>): ClientKeys {
  // What an administrator has written may be inside; what registered itself may not.
  const limits = { maxBytes: mostBytes, fetch: clientFetch }
  const trusted = outgoing({ ...limits, reachable: ['loopback', 'private'] })
  const guarded = outgoing(limits)
  const sets = new Map<string, Kept<readonly VerificationKey[]>>()

  function keysAt(address: string, { source }: Client): Kept<readonly VerificationKey[]> {
    const isTrusted = source === 'code' || source === 'admin'
    // Apart for each kind: what was read from inside for one client would show to a stranger's that it is there.
    const name = `${isTrusted ? 'trusted' : 'guarded'} ${address}`
    const load = (): Promise<readonly VerificationKey[]> => keySet(isTrusted ? trusted : guarded, address)
    const set = sets.get(name) ?? kept(load, times, clock, (error) => report(failed(address, error)))
    sets.delete(name)
    sets.set(name, set)
    const [oldest] = sets.keys()
    if (sets.size > mostAddresses && oldest !== undefined) sets.delete(oldest)
    return set
  }

  return {
    async haveSigned(client, header, jws) {
      const { jwks, jwksUri } = client.metadata
      if (jwksUri === undefined) return isSignedBy(usableKeys(jwks?.keys ?? []), header, jws)
      try {
        const set = keysAt(jwksUri, client)
        const keys = await set.get()
        if (isSignedBy(keys, header, jws)) return true
        // A known key that did not sign this is a forgery, and no reason to look for more keys.
        if (keys.some(({ keyId }) => keyId !== undefined && keyId === header['kid'])) return false
        return isSignedBy(await set.renewed(), header, jws)
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        const headers = { 'retry-after': String(error.retryAfter) }
        const text = 'The keys of the client cannot be had just now, try again'
        throw temporarilyUnavailable(text, { headers, cause: error })
      }
    },
  }
}

/** A key without a name may be the one of any `kid`: that it fits is for the signature to show. */
function isSignedBy(
  keys: readonly VerificationKey[],
  { alg, kid }: Readonly<Record<string, unknown>>,
  { signingInput, signature }: CompactJws,
): boolean {
  return keys
    .filter(({ algorithm }) => algorithm === alg)
    .filter(({ keyId }) => kid === undefined || keyId === undefined || keyId === kid)
    .some((key) => key.verify(signingInput, signature))
}

/** What is private, too weak, of another kind or for something else is no key here. RSA keys fit two algorithms, and become two. */
function usableKeys(members: readonly unknown[]): readonly VerificationKey[] {
  return members
    .map((jwk) => verificationKeys(jwk, assertionAlgorithms))
    .filter((keys) => keys.length > 0)
    .slice(0, mostKeys)
    .flat()
}

/** A set without keys is one: so a client takes all of them back. Whatever else comes leaves what was known before. */
async function keySet(send: Outgoing, address: string): Promise<readonly VerificationKey[]> {
  const { status, body } = await send(address)
  if (status !== 200) throw new Error(`It answered with status ${status}`)
  const keys = parseJsonObject(body)?.['keys']
  if (!Array.isArray(keys)) throw new Error('It answered with something else than a JSON Web Key Set')
  return usableKeys(keys)
}

/** Without the query, which may hold a secret. */
function failed(address: string, cause: unknown): Error {
  return new Error(`The keys of a client at ${address.replace(/\?.*/, '')} cannot be had`, { cause })
}
