/** Clients that nobody registered: what their document says, read when it is needed and kept when a person agrees. */

import { HttpError } from '../http/http-error.ts'
import { isDocumentAddress, looksLikeAddress } from '../protocol/client-id-document.ts'
import type { ClientMetadata } from '../protocol/client-metadata.ts'
import type { ClientRecord, GrantStore } from '../store/grant-store.ts'
import { auditEvent } from './audit.ts'
import type { AuditEvent } from './audit.ts'
import { clientOf } from './clients.ts'
import type { Client, Clients, DocumentState, StoredMetadata } from './clients.ts'
import { ClientDocumentError, documentReader } from './document-reader.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Settings } from './settings.ts'

/** Finds clients, those with a document among them. */
export interface ClientDocuments {
  /**
   * The client that an authorization request names. Its document is read when it is not known, or too old.
   *
   * @param address Where the request came from: it may name only so many that are not known.
   * @throws {ClientDocumentError} For a document that cannot be had or used.
   * @throws {HttpError} 429 and 503 when too many are asked for.
   */
  named(id: string, address: string | undefined): Promise<Client | undefined>
  /**
   * The client of something that it was granted. A document that cannot be had is believed for a day more: its host may be
   * away for an hour, and nobody is to be logged out by that.
   */
  known(id: string): Promise<Client | undefined>
  /**
   * Keeps a client that a person has agreed to, or that has pushed a request: what it gets needs one in the store, and one
   * that registered itself is known to be in use.
   */
  keep(client: Client): Promise<void>
}

/** What documents are kept with. */
export interface DocumentParts {
  readonly settings: Settings
  readonly store: GrantStore
  readonly clients: Clients
  readonly limits: RateLimits
  readonly audit: (events: readonly AuditEvent[]) => Promise<void>
  /** Told of a client that was not there before. */
  readonly onKept: (client: Client) => void
}

/** So many documents are read at the same time: a host that hangs must not hold up the others for long. */
const mostReading = 16
/** So many documents that nobody has agreed to are remembered, and so many addresses that had none. */
const mostCached = 500
/** How long an address is left alone after it gave no document, in milliseconds: of a client not known, and of a known one. */
const pauses = { unknown: 10_000, known: 60_000 }
/** How long a document that cannot be had any more is believed, in milliseconds. */
const believedFor = 86_400_000

/** The documents of one server; where they are switched off, clients without any. */
export function clientDocuments(parts: DocumentParts): ClientDocuments {
  const { settings, store, clients, limits, audit } = parts
  const { now, clientDocuments: options } = settings

  /** One that registered itself and was never used is taken away after a while. */
  async function used({ id, source }: Client): Promise<void> {
    if (source === 'registered') await store.touchClient(id, now())
  }

  if (options === undefined) {
    const registered: ClientDocuments['known'] = async (id) => {
      const client = await clients.get(id)
      return client?.source === 'document' ? undefined : client
    }
    return { named: registered, known: registered, keep: async (client) => used(client) }
  }
  const read = documentReader(settings, options)
  const cache = new Map<string, Client>()
  const reading = new Map<string, Promise<Client>>()
  const pausedUntil = new Map<string, number>()

  const mayBeRead = (id: string): boolean =>
    isDocumentAddress(id, options) && options.isAllowedHost(new URL(id).host)

  function cachedClient(id: string): Client | undefined {
    const cached = cache.get(id)
    return cached !== undefined && isFresh(cached, now()) ? cached : undefined
  }

  async function readAnew(
    id: string,
    stored: Client | undefined,
    count: () => Promise<void>,
  ): Promise<Client> {
    // Of many who name one client at once the first one reads.
    const running = reading.get(id)
    if (running !== undefined) return running
    if ((pausedUntil.get(id) ?? 0) > now()) {
      throw new ClientDocumentError('The document could not be used a moment ago; try again in a minute')
    }
    await count()
    // Somebody else may have begun meanwhile, or be done.
    const begun = reading.get(id) ?? cachedClient(id)
    if (begun !== undefined) return begun
    if (reading.size >= mostReading) {
      throw new HttpError(503, 'Too many documents are being read', { headers: { 'retry-after': '1' } })
    }
    const run = readNow(id, stored).finally(() => reading.delete(id))
    reading.set(id, run)
    return run
  }

  async function readNow(id: string, stored: Client | undefined): Promise<Client> {
    try {
      const { metadata, maxAge } = await read(id)
      const at = now()
      const isChanged = stored !== undefined && isAnother(stored.metadata, metadata)
      const document: DocumentState = {
        readAt: at,
        freshUntil: at + maxAge * 1000,
        changedAt: isChanged ? at : (stored?.document?.changedAt ?? 0),
      }
      const record = recordOf(metadata, document)
      return stored === undefined ? fresh(id, record) : await replaced(stored, record, isChanged)
    } catch (error) {
      // §4.4 of the draft: no error is kept. That the next one waits a moment is for the host, whoever sends people there.
      const pause = stored === undefined ? pauses.unknown : pauses.known
      remember(pausedUntil, id, now() + pause)
      if (error instanceof ClientDocumentError) await audit([refusal(id, error)])
      throw error
    }
  }

  function fresh(id: string, record: ClientRecord): Client {
    const client = clientOf({ ...record, id, createdAt: now(), version: 0 })
    remember(cache, id, client)
    return client
  }

  async function replaced(stored: Client, record: ClientRecord, isChanged: boolean): Promise<Client> {
    const outcome = await store.replaceClient(stored.id, stored.version, record)
    if (outcome === 'gone') return fresh(stored.id, record)
    // Somebody read it as well, or has disabled it: what is there now counts.
    if (outcome === 'stale') return (await clients.get(stored.id)) ?? fresh(stored.id, record)
    if (isChanged) await audit([auditEvent('client.updated', now(), { clientId: stored.id })])
    return clientOf({ ...record, id: stored.id, createdAt: stored.createdAt, version: stored.version + 1 })
  }

  function refusal(id: string, error: ClientDocumentError): AuditEvent {
    const cause = error.cause instanceof Error ? error.cause.message : error.message
    return auditEvent('client.document_refused', now(), { clientId: id, details: { reason: cause } })
  }

  return {
    async named(id, address) {
      const stored = await clients.get(id)
      if (!looksLikeAddress(id)) return stored
      if (!mayBeRead(id)) return undefined
      if (stored !== undefined) {
        if (stored.disabled || isFresh(stored, now())) return stored
        return readAnew(id, stored, async () => undefined)
      }
      return (
        cachedClient(id) ??
        readAnew(id, undefined, () => limits.clientDocuments(address, new URL(id).hostname))
      )
    },

    async known(id) {
      const stored = await clients.get(id)
      if (stored?.source !== 'document') return stored
      if (!mayBeRead(id)) return undefined
      if (stored.disabled || isFresh(stored, now())) return stored
      try {
        return await readAnew(id, stored, async () => undefined)
      } catch (error) {
        const isOver = now() - (stored.document?.readAt ?? 0) > believedFor
        if (!(error instanceof ClientDocumentError || error instanceof HttpError)) throw error
        return isOver ? undefined : stored
      }
    },

    async keep(client) {
      const { id, metadata, document } = client
      if (client.source !== 'document' || document === undefined) return used(client)
      const at = now()
      if (await store.createClient({ ...recordOf(metadata, document), id, createdAt: at })) {
        await audit([auditEvent('client.created', at, { clientId: id })])
        cache.delete(id)
        parts.onKept(client)
      }
      await store.touchClient(id, at)
    },
  }
}

function recordOf(metadata: ClientMetadata, document: DocumentState): ClientRecord {
  const inside: StoredMetadata = { metadata, privileges: {}, document }
  return { source: 'document', metadata: { ...inside }, secrets: [], disabled: false }
}

function isFresh({ document }: Client, now: number): boolean {
  return document !== undefined && document.freshUntil > now
}

/** Whether it is another client by what people have agreed to (§6.3 of the draft): its name, its ways back, its keys. */
function isAnother(before: ClientMetadata, after: ClientMetadata): boolean {
  const matters = ({ clientName, redirectUris, tokenEndpointAuthMethod, jwks }: ClientMetadata): string =>
    JSON.stringify([clientName, redirectUris.toSorted(), tokenEndpointAuthMethod, jwks])
  return matters(before) !== matters(after)
}

/** The oldest goes where there is no room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= mostCached) return
    map.delete(oldest)
  }
}
