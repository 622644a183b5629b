/** What another issuer publishes, its metadata and its keys: fetched at the first token, kept, shared in the process. */

import { sha256Base64url } from '../crypto/hash.ts'
import { parseJsonObject } from '../crypto/jws.ts'
import { verificationKeys } from '../crypto/verification-key.ts'
import type { VerificationAlgorithm, VerificationKey } from '../crypto/verification-key.ts'
import { isLoopbackName, outgoing, OutgoingError } from '../http/outgoing.ts'
import type { FetchLike, Outgoing, OutgoingAnswer, OutgoingOptions } from '../http/outgoing.ts'
import { discoveryUrls, MetadataFault, readProviderMetadata } from '../protocol/provider-metadata.ts'
import type { ProviderMetadata } from '../protocol/provider-metadata.ts'
import type { Candidates } from './examine-token.ts'
import { kept } from './kept.ts'
import type { KeepingTimes, Kept } from './kept.ts'
import { revocationFollower, revocationPollTimeout } from './revocation-follower.ts'
import type { RevocationFollower } from './revocation-follower.ts'

/** Which issuer, and how it is asked. Equal settings share one {@link RemoteIssuer}. */
export interface RemoteIssuerSettings {
  readonly issuer: string
  /** Where its metadata is, if not where the issuer says. */
  readonly discoveryUrl: string | undefined
  readonly algorithms: readonly VerificationAlgorithm[] | undefined
  readonly allowHttp: boolean
  readonly allowPrivateAddresses: boolean
  readonly times: KeepingTimes
  readonly fetch: FetchLike | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

/** The keys of an issuer at one time. The same set fetched again is the same object. */
export interface RemoteKeys extends Candidates {
  readonly digest: string
}

/** An issuer somewhere else. */
export interface RemoteIssuer {
  readonly keys: Kept<RemoteKeys>
  readonly metadata: Kept<ProviderMetadata>
  /** Sends requests to it, within the limits. */
  readonly send: Outgoing
  /** What it has revoked. */
  readonly revocations: RevocationFollower
  /** Has a function told of everything that fails. */
  report(listener: (error: Error) => void): void
}

/** The issuer with these settings; the one that others use already, if there is one. */
export function remoteIssuer(settings: RemoteIssuerSettings): RemoteIssuer {
  const { fetch, now, clock, ...plain } = settings
  const name = JSON.stringify(plain)
  for (const [key, entry] of shared) if (entry.issuer.deref() === undefined) shared.delete(key)
  for (let number = 0; ; number++) {
    const key = `${number} ${name}`
    const entry = shared.get(key)
    const known = entry?.issuer.deref()
    // Functions cannot be compared by what they do: only the very same ones are shared.
    if (known !== undefined && entry?.fetch === fetch && entry?.now === now && entry?.clock === clock)
      return known
    if (known !== undefined) continue
    const issuer = newIssuer(settings)
    shared.set(key, { issuer: new WeakRef(issuer), fetch, now, clock })
    return issuer
  }
}

interface Shared {
  /** Weakly: an issuer that no scheme uses any more is no leak. */
  readonly issuer: WeakRef<RemoteIssuer>
  readonly fetch: FetchLike | undefined
  readonly now: () => number
  readonly clock: () => number
}

const shared = new Map<string, Shared>()

/** Seconds. Metadata change with a move of the issuer, keys when it likes. */
const metadataAge = 3600

function newIssuer(settings: RemoteIssuerSettings): RemoteIssuer {
  const { issuer, times, clock } = settings
  const listeners = new Set<(error: Error) => void>()
  const limits: OutgoingOptions = {
    // Who configures an issuer on this computer means this computer.
    reachable: [
      ...(isLoopbackName(new URL(settings.discoveryUrl ?? issuer)) ? (['loopback'] as const) : []),
      ...(settings.allowPrivateAddresses ? (['loopback', 'private'] as const) : []),
    ],
    allowHttp: settings.allowHttp,
    fetch: settings.fetch,
  }
  const send = outgoing(limits)

  function fails(error: unknown): void {
    for (const listener of listeners) listener(error as Error) // what fails here are errors of our own
  }

  let known: ProviderMetadata | undefined
  const metadata = kept(
    async () => (known = await discovered(settings, send)),
    {
      ...times,
      maxAge: Math.max(metadataAge, times.maxAge),
      // Keys are asked for with these delays already; an attempt of theirs must not find the metadata still waiting.
      coolDown: times.coolDown / 2,
      retryDelay: times.retryDelay / 2,
    },
    clock,
    fails,
  )
  let last: RemoteKeys | undefined
  const keys = kept(
    async () => {
      const { jwksUri } = await metadata.get()
      try {
        if (jwksUri === undefined) throw fault(issuer, 'its metadata name no jwks_uri')
        const answer = await send(jwksUri)
        const fetched = keysIn(answer, settings)
        // The same object for the same keys: what was remembered with them stays good.
        last = fetched.digest === last?.digest ? last : fetched
        return last
      } catch (error) {
        // They may have moved, and the metadata may have been wrong.
        metadata.distrust()
        throw error instanceof OutgoingError ? fault(issuer, error.message, error) : error
      }
    },
    times,
    clock,
    (error) => {
      // A failure of the metadata has been told.
      if (!(error instanceof Error && error.name === 'Unavailable')) fails(error)
    },
  )
  const revocations = revocationFollower({
    issuer,
    endpoint: () => known?.revocationFeedEndpoint,
    keys,
    send: outgoing({ ...limits, isBackground: true, timeout: revocationPollTimeout }),
    mayWait: settings.fetch === undefined,
    now: settings.now,
    clock,
    report: fails,
  })
  return { keys, metadata, send, revocations, report: (listener) => listeners.add(listener) }
}

async function discovered(settings: RemoteIssuerSettings, send: Outgoing): Promise<ProviderMetadata> {
  const { issuer, discoveryUrl } = settings
  const urls = discoveryUrl === undefined ? discoveryUrls(issuer) : [discoveryUrl]
  let status = 0
  for (const url of urls) {
    const answer = await send(url)
    status = answer.status
    // It may be at another place; whatever is not "not here" is no reason to look there.
    if (status >= 400 && status < 500 && status !== 429) continue
    const document = documentIn(issuer, 'metadata', answer)
    const metadata = readProviderMetadata(document, issuer)
    if (metadata instanceof MetadataFault)
      throw fault(issuer, `the metadata are not used: ${metadata.reason}`)
    return metadata
  }
  throw fault(issuer, `there are no metadata at ${urls.join(' nor at ')} (status ${status})`)
}

function keysIn(answer: OutgoingAnswer, settings: RemoteIssuerSettings): RemoteKeys {
  const { keys } = documentIn(settings.issuer, 'key set', answer)
  const members: readonly unknown[] = Array.isArray(keys) ? keys : []
  // A set of thousands would make every token without a `kid` a heavy one.
  const usable = members.slice(0, 100).flatMap((jwk) => verificationKeys(jwk, settings.algorithms))
  // Nobody signs with nothing. Keys that were good a moment ago are better than this.
  if (usable.length === 0) throw fault(settings.issuer, 'the key set has no key that can be used')
  return {
    digest: sha256Base64url(answer.body),
    candidates: (keyId, algorithm) => candidates(usable, keyId, algorithm),
  }
}

function candidates(
  keys: readonly VerificationKey[],
  keyId: string | undefined,
  algorithm: unknown,
): readonly VerificationKey[] {
  const named = keyId === undefined ? keys : keys.filter((key) => key.keyId === keyId)
  const fitting = named.filter((key) => key.algorithm === algorithm)
  // A known key with another algorithm is a forgery, and no reason to look for more keys.
  return fitting.length > 0 || keyId === undefined ? fitting : named
}

function documentIn(
  issuer: string,
  what: string,
  { status, body }: OutgoingAnswer,
): Readonly<Record<string, unknown>> {
  if (status !== 200) throw fault(issuer, `the ${what} could not be had: status ${status}`)
  const document = parseJsonObject(body)
  if (document === undefined) throw fault(issuer, `the ${what} is no JSON object`)
  return document
}

function fault(issuer: string, reason: string, cause?: Error): Error {
  return new Error(`issuer ${issuer}: ${reason}`, { cause })
}
