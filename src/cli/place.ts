/** What a command administers: the server that a module exports, or the tables of a database. */

import { assertionAlgorithms } from '../server/client-authentication.ts'
import { accounts } from '../server/accounts/accounts.ts'
import { revokingAccounts } from '../server/accounts/revoking.ts'
import type { RevokingAccounts } from '../server/accounts/revoking.ts'
import type { Accounts } from '../server/accounts/types.ts'
import { auditEvent } from '../server/audit.ts'
import { clientsIn } from '../server/clients.ts'
import type { Clients } from '../server/clients.ts'
import { offeredGrants, offeredMethods } from '../server/endpoints/offered.ts'
import { signingKeys } from '../server/keys/signing-keys.ts'
import type { SigningKeys } from '../server/keys/signing-keys.ts'
import { settingsOf } from '../server/settings.ts'
import type { GrantStore } from '../store/grant-store.ts'
import { openDatabase } from '../store/open.ts'
import { sqlGrantStore } from '../store/sql/grant-store.ts'
import type { Option, Values } from './command.ts'
import { asCommandError, CommandError, UsageError } from './command-error.ts'
import { loadServer } from './load-module.ts'

/** The parts of a server, open. */
export interface Place {
  readonly accounts: Accounts & Pick<RevokingAccounts, 'resetFactors' | 'revoke'>
  readonly clients: Clients
  readonly store: GrantStore
  /** The keys, which need what they are encrypted with. */
  readonly keys: () => Promise<SigningKeys>
}

type PlaceOptions = Readonly<
  Record<'server' | 'database' | 'issuer', Option<'text'>> & { json: Option<'flag'> }
>

/** The options by which every command of this kind is told where to work. */
export const placeOptions: PlaceOptions = {
  server: {
    kind: 'text',
    value: '<module>',
    help: 'a module that exports its authorization server as `server`',
  },
  database: {
    kind: 'text',
    value: '<url>',
    help: 'or a database: file:app.db or postgres://…; the variable DATABASE_URL unless told',
  },
  issuer: { kind: 'text', value: '<url>', help: 'the issuer of the server; to change keys with --database' },
  json: { kind: 'flag', help: 'print JSON' },
}

/** What {@link inPlace} reads of the options. */
export type PlaceValues = Values<PlaceOptions>

/**
 * How long access tokens may live where the settings of the server are not known: what is revoked is remembered for so
 * long, in milliseconds. Longer than any sensible token, as a token that outlives the memory would be good again.
 */
const longestLife = 30 * 86_400_000

/** Until when a revocation of this moment has to be remembered. */
function revokedUntil(now: number): number {
  return now + longestLife
}

/**
 * Opens, works, closes.
 *
 * @param scopes Names that are taken to be scopes of the server, where only its database is known.
 * @throws {CommandError | UsageError} Whatever goes wrong, as one line.
 */
export async function inPlace(
  values: PlaceValues,
  work: (place: Place) => Promise<string>,
  scopes: readonly string[] = [],
): Promise<string> {
  const { server: module, database } = values
  if (module !== undefined) {
    if (database !== undefined) throw new UsageError('give --server or --database, not both')
    if (values.issuer !== undefined)
      throw new UsageError('--issuer goes with --database; a server has its own')
    return inServer(module, work)
  }
  return inDatabase(databaseUrl(values), values.issuer, work, scopes)
}

/**
 * The database that is meant.
 *
 * @throws {UsageError} When none is.
 */
export function databaseUrl({ database }: PlaceValues): string {
  const url = database ?? process.env['DATABASE_URL']
  if (url === undefined || url === '') {
    throw new UsageError('say where: --server <module> or --database <url>')
  }
  return url
}

async function inServer(module: string, work: (place: Place) => Promise<string>): Promise<string> {
  const server = await loadServer(module)
  try {
    const { keys, ...parts } = await server.open()
    return await work({ ...parts, keys: async () => keys })
  } catch (error) {
    throw asCommandError(error)
  } finally {
    await server.close()
  }
}

async function inDatabase(
  url: string,
  issuer: string | undefined,
  work: (place: Place) => Promise<string>,
  scopes: readonly string[],
): Promise<string> {
  try {
    await using database = await openDatabase(url)
    const store = await sqlGrantStore(database, Date.now())
    const users = revokingAccounts(await accounts({ database }), async (subject, why) => {
      const now = Date.now()
      const revoking = { now, until: revokedUntil(now), audit: [auditEvent(why, now, { subject })] }
      if (why === 'account.factors_reset') await store.removeAuthenticators(subject, revoking)
      else await store.revokeSubject(subject, revoking)
    })
    const rules = {
      grantTypes: [...offeredGrants],
      authenticationMethods: offeredMethods,
      scopes,
      assertionAlgorithms,
      idTokenAlgorithms: [],
    }
    return await work({
      accounts: users,
      store,
      clients: clientsIn(store, rules, Date.now, revokedUntil, (event) => store.appendAudit([event])),
      keys: () => keysIn(store, issuer),
    })
  } catch (error) {
    throw asCommandError(error)
  }
}

/** @throws {TypeError} Outside development without `GATEWRIGHT_SECRET_KEY`. */
async function keysIn(store: GrantStore, issuer: string | undefined): Promise<SigningKeys> {
  if (issuer === undefined) {
    // Whether a key is needed to encrypt with, or this is a machine to try things on, is told by the issuer.
    throw new UsageError('with --database this needs --issuer <url>, the issuer of the server')
  }
  const stored = (await store.listKeys(Date.now())).at(-1)
  const known = (['ES256', 'EdDSA', 'RS256', 'PS256'] as const).find((each) => each === stored?.algorithm)
  if (stored !== undefined && known === undefined) {
    throw new CommandError(
      `the keys are of an algorithm that this version does not have: ${stored.algorithm}`,
    )
  }
  const settings = settingsOf(
    {
      issuer,
      database: '',
      scopes: {},
      // As those that are there; a token may live for a day, so long the key before stays published.
      keys: { algorithm: known ?? 'ES256' },
      lifetimes: { accessToken: 86_400 },
    },
    process.env,
  )
  return signingKeys(store, settings, (event) => store.appendAudit([event]))
}
