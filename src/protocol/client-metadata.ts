/** What a client says of itself (RFC 7591 §2), and whether it may stand as a whole: its parts have to agree. */

import type { ApplicationType } from './redirect-uri.ts'
import { checkRedirectUri } from './redirect-uri.ts'
import { invalidClientMetadata } from './registration-error.ts'
import { isScopeToken } from './scope.ts'

/** How a client authenticates at the token endpoint. */
export type ClientAuthenticationMethod =
  'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** Every grant type there is here, by its name on the wire. */
export const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'password',
] as const

/** A grant type, by its name on the wire. */
export type GrantType = (typeof grantTypes)[number]

/** The metadata of one client; every default is filled in. */
export interface ClientMetadata {
  readonly redirectUris: readonly string[]
  readonly tokenEndpointAuthMethod: ClientAuthenticationMethod
  /** The algorithm of its assertions; any that is accepted unless told. */
  readonly tokenEndpointAuthSigningAlg?: string
  readonly grantTypes: readonly GrantType[]
  readonly responseTypes: readonly 'code'[]
  readonly applicationType: ApplicationType
  readonly clientName?: string
  readonly clientUri?: string
  readonly logoUri?: string
  readonly tosUri?: string
  readonly policyUri?: string
  readonly contacts: readonly string[]
  /** The scopes it may ask for; left to the server unless told. */
  readonly scopes?: readonly string[]
  readonly jwksUri?: string
  readonly jwks?: ClientKeySet
  readonly softwareId?: string
  readonly softwareVersion?: string
  readonly postLogoutRedirectUris: readonly string[]
  readonly idTokenSignedResponseAlg?: string
  /** Whether it knows people by a name of its own sector (OpenID Connect Core §8.1); `public` unless told. */
  readonly subjectType?: 'public' | 'pairwise'
  /** Where the redirect URIs of its sector are listed (OpenID Connect Registration §5); its host is the sector. */
  readonly sectorIdentifierUri?: string
  /** Where it is told that a session has ended (Back-Channel Logout §2.2). */
  readonly backchannelLogoutUri?: string
  /**
   * Whether it is told which session has ended (Back-Channel Logout §2.2); told `false`, it ends all sessions of the person.
   * True unless told.
   */
  readonly backchannelLogoutSessionRequired?: boolean
  /** Seconds. */
  readonly defaultMaxAge?: number
  readonly requireAuthTime: boolean
  /** Whether all its tokens are bound to a key (RFC 9449 §5.2). */
  readonly dpopBoundAccessTokens: boolean
  /** Whether it must push its authorization requests (RFC 9126 §6). */
  readonly requirePushedAuthorizationRequests: boolean
}

/** Public keys of a client (RFC 7517 §5). */
export interface ClientKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** What this server lets clients register. */
export interface RegistrationRules {
  readonly grantTypes: readonly GrantType[]
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** The scopes a client may register; none beyond them. */
  readonly scopes: readonly string[]
  /** Algorithms of `private_key_jwt`. */
  readonly assertionAlgorithms: readonly string[]
  /** Algorithms of ID tokens. */
  readonly idTokenAlgorithms: readonly string[]
  /** Whether keys may be on this computer, over http: for whoever knows what is there. */
  readonly allowsLocalKeys?: boolean
}

/**
 * Checks metadata that has its types, from the wire, from code or from a row.
 *
 * @throws {RegistrationError} `invalid_redirect_uri` or `invalid_client_metadata`
 */
export function checkClientMetadata(metadata: ClientMetadata, rules: RegistrationRules): void {
  checkWords(metadata, rules)
  checkRedirects(metadata)
  checkGrants(metadata)
  checkKeys(metadata, rules)
  checkTexts(metadata)
}

/** Every word is one that this server knows, and offers to clients. */
function checkWords(metadata: ClientMetadata, rules: RegistrationRules): void {
  oneOf('application_type', metadata.applicationType, ['web', 'native'])
  oneOf('token_endpoint_auth_method', metadata.tokenEndpointAuthMethod, rules.authenticationMethods)
  someOf('grant_types', metadata.grantTypes, rules.grantTypes)
  someOf('response_types', metadata.responseTypes, ['code'])
  someOf('scope', metadata.scopes ?? [], rules.scopes)
  if (!(metadata.scopes ?? []).every(isScopeToken))
    throw invalidClientMetadata('scope has a word that is none')
  oneOf('token_endpoint_auth_signing_alg', metadata.tokenEndpointAuthSigningAlg, rules.assertionAlgorithms)
  oneOf('id_token_signed_response_alg', metadata.idTokenSignedResponseAlg, rules.idTokenAlgorithms)
  // Who asks for pairwise names and silently gets public ones is known everywhere.
  oneOf(
    'subject_type',
    metadata.subjectType,
    rules.idTokenAlgorithms.length > 0 ? ['public', 'pairwise'] : ['public'],
  )
  const age = metadata.defaultMaxAge
  if (age !== undefined && !(Number.isSafeInteger(age) && age >= 0)) {
    throw invalidClientMetadata('default_max_age is a whole number of seconds')
  }
}

/** OpenID Connect Registration §2, RFC 8252 §8.4: what leads where depends on what kind of client it is. */
function checkRedirects(metadata: ClientMetadata): void {
  for (const list of [metadata.redirectUris, metadata.postLogoutRedirectUris]) {
    if (list.length > 32) throw invalidClientMetadata('There are too many redirect URIs')
    for (const uri of list) checkRedirectUri(uri, metadata)
  }
  address('sector_identifier_uri', metadata.sectorIdentifierUri)
  if (metadata.subjectType === 'pairwise') sectorOf(metadata)
  // Back-Channel Logout §2.2: an address that the server calls. Plain http is for programs on this machine.
  const { backchannelLogoutUri } = metadata
  if (!isLocal(backchannelLogoutUri)) address('backchannel_logout_uri', backchannelLogoutUri)
}

/** Whether an address is on this machine, over http. */
function isLocal(uri: string | undefined): boolean {
  if (uri === undefined || uri.length > 2048 || !/^http:\/\/[\x21-\x5b\x5d-\x7e]+$/.test(uri)) return false
  const url = URL.parse(uri)
  // A name for the user turns the host into one: http://localhost:80@elsewhere.example
  if (url === null || url.username !== '' || url.password !== '' || uri.includes('#')) return false
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
}

/**
 * The sector of a client (OpenID Connect Core §8.1): the host of its `sector_identifier_uri`, without one that of its
 * redirect URIs.
 *
 * @throws {RegistrationError} `invalid_client_metadata` when there are several.
 */
export function sectorOf({
  redirectUris,
  sectorIdentifierUri,
}: Pick<ClientMetadata, 'redirectUris' | 'sectorIdentifierUri'>): string {
  if (sectorIdentifierUri !== undefined) return new URL(sectorIdentifierUri).host
  const [host, ...others] = new Set(redirectUris.map((uri) => new URL(uri).host))
  if (host === undefined || host === '' || others.length > 0) {
    throw invalidClientMetadata(
      'Pairwise subjects need redirect URIs of one host, or a sector_identifier_uri',
    )
  }
  return host
}

/** RFC 7591 §2.1: grants, response types and authentication agree. */
function checkGrants(metadata: ClientMetadata): void {
  const grants = new Set<string>(metadata.grantTypes)
  if (grants.size === 0) throw invalidClientMetadata('grant_types is empty')
  if (grants.has('authorization_code') !== metadata.responseTypes.includes('code')) {
    throw invalidClientMetadata('authorization_code in grant_types goes with code in response_types')
  }
  // RFC 7591 §2: a flow with redirects needs at least one.
  if (grants.has('authorization_code') && metadata.redirectUris.length === 0) {
    throw invalidClientMetadata('authorization_code needs a redirect URI')
  }
  if (grants.has('refresh_token') && grants.size === 1) {
    throw invalidClientMetadata('refresh_token needs a grant that issues one')
  }
  if (metadata.tokenEndpointAuthMethod !== 'none') return
  for (const grant of ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange']) {
    // RFC 6749 §4.4: who cannot prove who it is gets nothing in its own name.
    if (grants.has(grant)) throw invalidClientMetadata('A client without credentials cannot have this grant')
  }
}

/** RFC 7591 §2: keys or their address, not both; for assertions one of them. Private keys are not taken in. */
function checkKeys(metadata: ClientMetadata, rules: RegistrationRules): void {
  const { jwks, jwksUri } = metadata
  if (jwks !== undefined && jwksUri !== undefined)
    throw invalidClientMetadata('jwks and jwks_uri exclude each other')
  if (metadata.tokenEndpointAuthMethod === 'private_key_jwt' && jwks === undefined && jwksUri === undefined) {
    throw invalidClientMetadata('private_key_jwt needs jwks or jwks_uri')
  }
  if (jwks !== undefined) checkKeySet(jwks)
  if (!(rules.allowsLocalKeys === true && isLocal(jwksUri))) address('jwks_uri', jwksUri)
}

function checkKeySet({ keys }: ClientKeySet): void {
  if (keys.length === 0 || keys.length > 16) throw invalidClientMetadata('jwks has one to sixteen keys')
  for (const key of keys) {
    if (!['RSA', 'EC', 'OKP'].includes(String(key['kty'])))
      throw invalidClientMetadata('jwks has public keys only')
    if (privateMembers.some((name) => name in key))
      throw invalidClientMetadata('jwks has a private key in it')
    if (!isFlat(key)) throw invalidClientMetadata('jwks has a key with members that no key has')
  }
}

/** Texts, and lists of them (RFC 7517 §4), not too long: a key is kept, and written again as often as it is asked for. */
function isFlat(key: Readonly<Record<string, unknown>>): boolean {
  let length = 0
  for (const member of Object.values(key).flat()) {
    if (typeof member !== 'string') return false
    length += member.length
  }
  return length <= 8192 && Object.keys(key).length <= 32
}

/** RFC 7518 §6.2.2, §6.3.2, §6.4: what makes a key private. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** What people will read, and follow. */
function checkTexts(metadata: ClientMetadata): void {
  text('client_name', metadata.clientName, 100)
  text('software_id', metadata.softwareId, 255)
  text('software_version', metadata.softwareVersion, 100)
  if (metadata.contacts.length > 16) throw invalidClientMetadata('There are too many contacts')
  for (const contact of metadata.contacts) text('contacts', contact, 254)
  address('client_uri', metadata.clientUri)
  address('logo_uri', metadata.logoUri)
  address('tos_uri', metadata.tosUri)
  address('policy_uri', metadata.policyUri)
}

function text(name: string, value: string | undefined, limit: number): void {
  if (value === undefined) return
  if (!visible.test(value) || value.length > limit) {
    throw invalidClientMetadata(`The member ${name} has 1 to ${limit} characters`)
  }
  if (invisible.test(value))
    throw invalidClientMetadata(`The member ${name} has a character that cannot be seen`)
}

/**
 * Controls, line ends, halves of characters, fillers and what turns the direction of reading: with them a name reads as another
 * one on the consent page. The joiners stay, which writing in Persian and Hindi needs, and what makes a picture of a character.
 */
const invisible =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cf}\p{Default_Ignorable_Code_Point}]/u

/** Something to be read. An empty Braille cell and the fillers of Hangul count as a sign or as letters, and show nothing. */
const visible = /(?!\u2800|\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}]/u

function address(name: string, uri: string | undefined): void {
  if (uri === undefined) return
  const url = uri.length <= 2048 && /^https:\/\/[\x21-\x5b\x5d-\x7e]+$/.test(uri) ? URL.parse(uri) : null
  if (url === null || url.username !== '' || url.password !== '' || uri.includes('#')) {
    throw invalidClientMetadata(`The member ${name} is an https address`)
  }
}

function oneOf(name: string, word: string | undefined, words: readonly string[]): void {
  if (word !== undefined && !words.includes(word))
    throw invalidClientMetadata(`The member ${name} is not supported`)
}

function someOf(name: string, chosen: readonly string[], words: readonly string[]): void {
  if (chosen.length > words.length || new Set(chosen).size !== chosen.length) {
    throw invalidClientMetadata(`The member ${name} has a word twice, or one that is not supported`)
  }
  for (const word of chosen) oneOf(name, word, words)
}
