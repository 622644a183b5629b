/** Clients: as data in the store, as code in the options, as typed values for everything else. */

import { equal } from '../crypto/equal.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { opaqueToken } from '../crypto/opaque-token.ts'
import { randomToken } from '../crypto/random.ts'
import { checkClientMetadata, grantTypes } from '../protocol/client-metadata.ts'
import type { ClientMetadata, GrantType, RegistrationRules } from '../protocol/client-metadata.ts'
import type { ClientRecord, GrantStore, StoredClient, StoredSecret } from '../store/grant-store.ts'
import { auditEvent, under } from './audit.ts'
import type { AuditEvent, Circumstances } from './audit.ts'

/** What only an administrator decides about a client; no registration can set it. */
export interface ClientPrivileges {
  /** One of ours: consent is not asked, and it may use the password grant where that is in its grants. */
  readonly firstParty?: boolean
  /** May leave PKCE out, because it is confidential and checks the `nonce` of its ID tokens. */
  readonly pkceOptional?: boolean
  /** The most that client credentials may be granted; nothing unless told. A ceiling of its own: no user is asked. */
  readonly clientCredentialsScopes?: readonly string[]
  /** Resources whose tokens it may introspect: it is one of these APIs. */
  readonly introspects?: readonly string[]
  /** Whether its assertions must name the issuer alone as audience (FAPI 2.0). */
  readonly strictAssertionAudience?: boolean
  /** What it may exchange tokens for (RFC 8693); nothing unless told. */
  readonly exchange?: { readonly scopes: readonly string[]; readonly resources?: readonly string[] }
}

/** A client in the options of the server. What is left out has the default of RFC 7591 §2. */
export interface ClientDefinition<Scope extends string = string>
  extends Partial<Omit<ClientMetadata, 'scopes'>>, Omit<ClientPrivileges, 'clientCredentialsScopes'> {
  readonly id: string
  /** For a confidential client: 32 characters or more. Kept as a hash. Two at a time, to rotate. */
  readonly secret?: string | readonly string[]
  readonly scopes?: readonly Scope[]
  readonly clientCredentialsScopes?: readonly Scope[]
}

/** A client as the server works with it. */
export interface Client {
  readonly id: string
  readonly source: ClientRecord['source']
  readonly version: number
  readonly metadata: ClientMetadata
  readonly privileges: ClientPrivileges
  readonly secrets: readonly StoredSecret[]
  readonly disabled: boolean
  /** Has a secret or a key: it authenticates, always. */
  readonly isConfidential: boolean
  readonly createdAt: number
  readonly registrationTokenHash: string | undefined
  /** Of a client with a document. */
  readonly document: DocumentState | undefined
}

/** What is known of a client's document. All in milliseconds since 1970. */
export interface DocumentState {
  readonly readAt: number
  /** Until then it is not read again. */
  readonly freshUntil: number
  /** When the client became another one than people had agreed to; 0 for never. */
  readonly changedAt: number
}

/** What to change about a client. What is not mentioned stays; `null` puts a field back to its default. */
export type ClientPatch = {
  readonly [
    Field in Exclude<keyof ClientDefinition, 'id' | 'secret' | 'tokenEndpointAuthMethod' | 'responseTypes'>
  ]?: ClientDefinition[Field] | null | undefined
} & { readonly disabled?: boolean | undefined }

/** Reads and changes clients. */
export interface Clients {
  /** The client, a disabled one too. */
  get(id: string): Promise<Client | undefined>
  list(page: { readonly after?: string; readonly limit: number }): Promise<readonly Client[]>
  /** Adds a client. Its secret, where it has one, is in the answer and never again. */
  add(
    definition: ClientDefinition,
    source?: ClientRecord['source'],
    by?: Circumstances,
  ): Promise<{ readonly client: Client; readonly secret?: string }>
  /** A new secret; the old one works for `overlap` seconds more, a day unless told. */
  rotateSecret(id: string, overlap?: number, by?: Circumstances): Promise<string>
  /** Removes a client and all it was given. Answers whether there was one. */
  remove(id: string, by?: Circumstances): Promise<boolean>
  /** Ends all that a client was given, by people or for itself. It may ask for new tokens. Answers whether there is one. */
  revoke(id: string, by?: Circumstances): Promise<boolean>
  /**
   * Changes a client. It is checked as if it were new. One that is disabled loses what it was given, and gets nothing.
   *
   * @throws {ClientError} `fixed` for one of the options: the next start would put it back.
   */
  change(id: string, patch: ClientPatch, by?: Circumstances): Promise<Client>
  /** Brings the clients of the options into the store; a second time changes nothing. */
  apply(definitions: readonly ClientDefinition[]): Promise<void>
}

/** A client that cannot be what it is defined to be, or is not there. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: 'taken' | 'unknown' | 'invalid' | 'fixed'

  constructor(code: ClientError['code'], message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

/** @param now Milliseconds since 1970. */
export function clientsIn(
  store: GrantStore,
  rules: RegistrationRules,
  now: () => number,
  revokedUntil: (now: number) => number,
  record: (event: AuditEvent) => Promise<void>,
): Clients {
  async function needed(id: string): Promise<StoredClient> {
    const stored = await store.getClient(id)
    if (stored === undefined) throw new ClientError('unknown', `There is no client ${JSON.stringify(id)}`)
    return stored
  }

  return {
    async get(id) {
      const stored = await store.getClient(id)
      return stored && clientOf(stored)
    },
    async list(page) {
      return (await store.listClients(page)).map(clientOf)
    },
    async add(definition, source = 'admin', by = {}) {
      const fresh =
        isPublic(definition) || definition.secret !== undefined || hasKeys(definition)
          ? undefined
          : opaqueToken('clientSecret')
      const wanted = recordOf(definition, source, rules, fresh?.hash)
      const stored = { ...wanted, id: definition.id, createdAt: now() }
      if (!(await store.createClient(stored))) {
        throw new ClientError('taken', `There is a client ${JSON.stringify(definition.id)} already`)
      }
      await record(under(auditEvent('client.created', now(), { clientId: definition.id }), by))
      const client = clientOf({ ...stored, version: 1 })
      return { client, ...(fresh === undefined ? {} : { secret: fresh.value }) }
    },
    async rotateSecret(id, overlap = 86_400, by = {}) {
      for (;;) {
        const stored = await needed(id)
        const [latest] = stored.secrets
        if (latest === undefined) throw new ClientError('invalid', `The client ${id} has no secret`)
        const { value, hash } = opaqueToken('clientSecret')
        const secrets = [{ hash }, { hash: latest.hash, expiresAt: now() + overlap * 1000 }]
        const changed: ClientRecord = { ...recordIn(stored), secrets }
        if ((await store.replaceClient(id, stored.version, changed)) === 'replaced') {
          await record(under(auditEvent('client.secret_rotated', now(), { clientId: id }), by))
          return value
        }
      }
    },
    remove: (id, by = {}) => {
      const at = now()
      const audit = [under(auditEvent('client.removed', at, { clientId: id }), by)]
      return store.removeClient(id, { now: at, until: revokedUntil(at), audit })
    },
    async revoke(id, by = {}) {
      if ((await store.getClient(id)) === undefined) return false
      const at = now()
      const audit = [under(auditEvent('client.tokens_revoked', at, { clientId: id }), by)]
      await store.revokeClientGrants(id, { now: at, until: revokedUntil(at), audit })
      return true
    },
    async change(id, patch, by = {}) {
      for (;;) {
        const stored = await needed(id)
        if (stored.source === 'code') {
          throw new ClientError('fixed', `The client ${id} is in the options of the server: change it there`)
        }
        const changed = changedRecord(stored, patch, rules)
        if ((await store.replaceClient(id, stored.version, changed)) !== 'replaced') continue
        const at = now()
        const fields = Object.keys(patch)
        const event = under(auditEvent('client.updated', at, { clientId: id, details: { fields } }), by)
        if (changed.disabled && !stored.disabled) {
          await store.revokeClientGrants(id, { now: at, until: revokedUntil(at) })
        }
        await record(event)
        return clientOf({ ...stored, ...changed, version: stored.version + 1 })
      }
    },
    async apply(definitions) {
      for (const definition of definitions) await applied(store, definition, rules, now, record)
    },
  }
}

/** A new client id; never one that looks like a URL (client-id documents, §6.9). */
export function newClientId(): string {
  return randomToken(16)
}

/** What a stored client is to everybody else. */
export function clientOf(stored: StoredClient): Client {
  // The cast: written as such by whoever makes a client.
  const { metadata, privileges, document } = stored.metadata as unknown as StoredMetadata
  return {
    id: stored.id,
    source: stored.source,
    version: stored.version,
    metadata,
    privileges,
    secrets: stored.secrets,
    disabled: stored.disabled,
    isConfidential: metadata.tokenEndpointAuthMethod !== 'none',
    createdAt: stored.createdAt,
    registrationTokenHash: stored.registrationTokenHash,
    document,
  }
}

/** What goes into the `metadata` of a stored client. */
export interface StoredMetadata {
  readonly metadata: ClientMetadata
  readonly privileges: ClientPrivileges
  readonly document?: DocumentState
}

/** Whether this is one of the client's secrets that are accepted now. */
export function isSecretOf(client: Client, secret: string, now: number): boolean {
  const hash = sha256Base64url(secret)
  // Every one is compared: how long it takes does not tell which one fits.
  return client.secrets
    .map((stored) => equal(stored.hash, hash) && (stored.expiresAt === undefined || stored.expiresAt > now))
    .includes(true)
}

async function applied(
  store: GrantStore,
  definition: ClientDefinition,
  rules: RegistrationRules,
  now: () => number,
  record: (event: AuditEvent) => Promise<void>,
): Promise<void> {
  for (;;) {
    const wanted = recordOf(definition, 'code', rules, undefined)
    const stored = await store.getClient(definition.id)
    if (stored === undefined) {
      if (await store.createClient({ ...wanted, id: definition.id, createdAt: now() })) {
        await record(auditEvent('client.created', now(), { clientId: definition.id }))
        return
      }
      continue
    }
    if (stored.source !== 'code') {
      throw new ClientError(
        'taken',
        `The client ${JSON.stringify(definition.id)} of the options is there already, added by ${stored.source}`,
      )
    }
    if (same(recordIn(stored), wanted)) return
    const outcome = await store.replaceClient(definition.id, stored.version, wanted)
    if (outcome === 'replaced') {
      await record(auditEvent('client.updated', now(), { clientId: definition.id }))
      return
    }
  }
}

function recordOf(
  definition: ClientDefinition,
  source: ClientRecord['source'],
  rules: RegistrationRules,
  freshHash: string | undefined,
): ClientRecord {
  const { id, secret, firstParty, pkceOptional, clientCredentialsScopes, introspects, ...rest } = definition
  const { strictAssertionAudience, exchange, ...metadata } = rest
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || /^https?:/i.test(id) || isAccountId(id)) {
    throw new ClientError(
      'invalid',
      `The client id ${JSON.stringify(id)} must be visible ASCII, no URL, and not like an account's id`,
    )
  }
  const undeclared = [...(clientCredentialsScopes ?? []), ...(exchange?.scopes ?? [])].find(
    (scope) => !rules.scopes.includes(scope),
  )
  if (undeclared !== undefined) {
    throw new ClientError(
      'invalid',
      `The client ${id} names the scope ${JSON.stringify(undeclared)}, which the server does not have`,
    )
  }
  const secrets = secret === undefined ? [] : typeof secret === 'string' ? [secret] : secret
  if (secrets.length > 2) throw new ClientError('invalid', `The client ${id} has more than two secrets`)
  if (secrets.some((each) => each.length < 32)) {
    throw new ClientError('invalid', `The secret of the client ${id} needs 32 characters or more`)
  }
  const complete = completeMetadata(metadata, secrets.length > 0 || freshHash !== undefined)
  try {
    // What is written in code or by an administrator may use every grant the server has.
    const allowsLocalKeys = source === 'code' || source === 'admin'
    checkClientMetadata(complete, { ...rules, grantTypes, allowsLocalKeys })
  } catch (cause) {
    throw new ClientError('invalid', `The client ${id} cannot be like this: ${(cause as Error).message}`, {
      cause,
    })
  }
  const isSecretBased = complete.tokenEndpointAuthMethod.startsWith('client_secret_')
  if (isSecretBased !== (secrets.length > 0 || freshHash !== undefined)) {
    throw new ClientError(
      'invalid',
      isSecretBased
        ? `The client ${id} authenticates with a secret and has none`
        : `The client ${id} has a secret and does not authenticate with it`,
    )
  }
  if (pkceOptional === true && complete.tokenEndpointAuthMethod === 'none') {
    throw new ClientError('invalid', `The client ${id} is public: PKCE is what protects its codes`)
  }
  const privileges: ClientPrivileges = {
    ...(firstParty === undefined ? {} : { firstParty }),
    ...(pkceOptional === undefined ? {} : { pkceOptional }),
    ...(clientCredentialsScopes === undefined ? {} : { clientCredentialsScopes }),
    ...(introspects === undefined ? {} : { introspects }),
    ...(strictAssertionAudience === undefined ? {} : { strictAssertionAudience }),
    ...(exchange === undefined ? {} : { exchange }),
  }
  const inside: StoredMetadata = { metadata: complete, privileges }
  return {
    source,
    metadata: { ...inside },
    secrets: [...secrets.map((each) => ({ hash: sha256Base64url(each) })), ...asSecret(freshHash)],
    disabled: false,
  }
}

/** The record with a change in it, checked as a whole: what is left of before has to fit what is new. */
function changedRecord(
  stored: StoredClient,
  { disabled = stored.disabled, ...patch }: ClientPatch,
  rules: RegistrationRules,
): ClientRecord {
  const { metadata, privileges } = clientOf(stored)
  // What kind of answers it gets follows from its grants.
  const { responseTypes: _, ...before } = metadata
  const fields = { ...before, ...privileges, ...patch }
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
  const definition = { id: stored.id, ...Object.fromEntries(given) } as ClientDefinition // each field has its own type
  const wanted = recordOf(definition, stored.source, rules, stored.secrets[0]?.hash)
  return { ...recordIn(stored), metadata: wanted.metadata, disabled }
}

/** RFC 9068 §5: the `sub` of a client's own token must never be that of a person. */
function isAccountId(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
}

function asSecret(hash: string | undefined): readonly StoredSecret[] {
  return hash === undefined ? [] : [{ hash }]
}

function completeMetadata(given: Partial<ClientMetadata>, hasSecret: boolean): ClientMetadata {
  const method =
    given.tokenEndpointAuthMethod ??
    (hasSecret ? 'client_secret_basic' : given.jwks || given.jwksUri ? 'private_key_jwt' : 'none')
  const grants: readonly GrantType[] =
    given.grantTypes ?? (given.redirectUris === undefined ? ['client_credentials'] : ['authorization_code'])
  return {
    redirectUris: [],
    responseTypes: grants.includes('authorization_code') ? ['code'] : [],
    applicationType: 'web',
    contacts: [],
    postLogoutRedirectUris: [],
    requireAuthTime: false,
    dpopBoundAccessTokens: false,
    requirePushedAuthorizationRequests: false,
    ...given,
    tokenEndpointAuthMethod: method,
    grantTypes: grants,
  }
}

function isPublic(definition: ClientDefinition): boolean {
  return definition.tokenEndpointAuthMethod === 'none'
}

function hasKeys(definition: ClientDefinition): boolean {
  return definition.jwks !== undefined || definition.jwksUri !== undefined
}

function recordIn(stored: StoredClient): ClientRecord {
  const { source, metadata, secrets, registrationTokenHash, disabled } = stored
  return {
    source,
    metadata,
    secrets,
    disabled,
    ...(registrationTokenHash === undefined ? {} : { registrationTokenHash }),
  }
}

/** The same JSON, whatever the order of its members. */
function same(first: unknown, second: unknown): boolean {
  return JSON.stringify(sorted(first)) === JSON.stringify(sorted(second))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
  )
}
