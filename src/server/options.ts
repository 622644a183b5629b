/** The options of an authorization server. */

import type { SigningAlgorithm } from '../crypto/signature.ts'
import type { FetchLike } from '../http/outgoing.ts'
import type { IdentityScope } from '../protocol/identity-scopes.ts'
import type { AnyDatabase } from '../store/database.ts'
import type { DatabaseOptions } from '../store/open.ts'
import type { StalenessOptions } from '../verify/staleness.ts'
import type { PasswordPolicy } from './accounts/password-policy.ts'
import type { AdminScope } from './admin/scopes.ts'
import type { AuditEvent } from './audit.ts'
import type { ClientDefinition } from './clients.ts'
import type { ClientDocumentOptions } from './document-settings.ts'
import type { Provider } from './federation/provider.ts'
import type { PageSet } from './interaction/pages.ts'
import type { Mail } from './mail/mail.ts'
import type { OpenApiSource } from './openapi-operations.ts'
import type { OpenIdOptions } from './openid/options.ts'

/** The scopes there are, each with the sentence shown in the docs and on the consent page. */
export type ScopeCatalogue = Readonly<Record<string, string>>

/** An API that tokens can be for (RFC 8707). */
export interface ResourceOptions {
  /** Shown to people. */
  readonly name?: string
  /** The scopes that mean something there; all of the server's unless told. */
  readonly scopes?: readonly string[]
  /** `jwt` (RFC 9068), which the API verifies by itself, or `reference`, which it asks about. `jwt` unless told. */
  readonly accessTokens?: 'jwt' | 'reference'
  /** How long its access tokens live, in seconds; that of {@link Lifetimes} unless told. */
  readonly lifetime?: number
  /**
   * Its OpenAPI document, or a JSON file with it: people who are asked for a scope are shown what it opens. Not needed
   * for an API in this process whose routes depend on `bearer()`.
   */
  readonly openapi?: OpenApiSource
}

/** How long things live, all in seconds. */
export interface Lifetimes {
  /** 300 unless told. */
  readonly accessToken?: number
  /** An ID token is looked at once, right after it came. 600 unless told. */
  readonly idToken?: number
  /** 60 unless told. */
  readonly code?: number
  /** A refresh token that is not used for so long dies. 30 days unless told. */
  readonly refreshIdle?: number
  /** After so long a user has to log in again, however often tokens were refreshed. 180 days unless told. */
  readonly refreshAbsolute?: number
  /** 600 unless told. */
  readonly deviceCode?: number
  /** How long a person has to log in and to agree after an application has pushed its request. 600 unless told. */
  readonly pushedRequest?: number
  /** How long a login page may be open before it has to be begun again. 3600 unless told. */
  readonly flow?: number
  /** What a person has agreed to is not asked again for so long. 180 days unless told. */
  readonly consent?: number
  /** A link that is sent by mail. 3600 unless told, which is also the most. */
  readonly link?: number
  /** A login session that is not used for so long ends. 7 days unless told. */
  readonly sessionIdle?: number
  /** After so long everybody has to log in again. 30 days unless told. */
  readonly sessionAbsolute?: number
}

/** How signing keys change. All in seconds. */
export interface KeyOptions {
  /** Of access tokens; ES256 unless told. */
  readonly algorithm?: Exclude<SigningAlgorithm, 'HS256'>
  /** How long a key signs. 30 days unless told. */
  readonly rotateEvery?: number
  /** How long a key is published before it signs: longer than verifiers cache the key set. 1 hour unless told. */
  readonly publishAhead?: number
}

/** How often something may be tried: so many times in so many seconds. */
export interface RateLimitOption {
  readonly points: number
  readonly seconds: number
}

/** How an authorization server works. */
export interface AuthorizationServerOptions<Scopes extends ScopeCatalogue = ScopeCatalogue> {
  /** Its name and address, exactly as clients have it: `https://login.example.com`. http only on this machine. */
  readonly issuer: string
  /** A URL (`file:app.db`, `postgres://…`), or a database that is open already. */
  readonly database: string | DatabaseOptions | AnyDatabase
  readonly scopes: Scopes
  /** The APIs that tokens can be for, by their identifier; the issuer itself unless told. The first is the default. */
  readonly resources?: Readonly<Record<string, ResourceOptions>>
  /** Clients that are there from the start. They are added, and changed when this changes. */
  readonly clients?: readonly ClientDefinition<(keyof Scopes & string) | IdentityScope | AdminScope>[]
  /**
   * What private keys are encrypted with: 32 characters or more that nobody can guess, from the environment. The variable
   * `GATEWRIGHT_SECRET_KEY` unless told. Needed everywhere but in development.
   */
  readonly secretKey?: string
  /** Development: an issuer on this machine, and no `NODE_ENV=production`, unless told. */
  readonly development?: boolean
  readonly lifetimes?: Lifetimes
  /**
   * For how many seconds a client that lost the answer may refresh with the same token again and gets the identical
   * answer. 10 unless told, 60 at most, 0 for never. Confidential and DPoP-bound clients get it as well.
   */
  readonly retryWindow?: number
  readonly keys?: KeyOptions
  /** What the APIs of `bearer()` do when the database cannot be asked what was revoked. */
  readonly revocation?: StalenessOptions
  /** Dynamic registration (RFC 7591); off unless told. */
  readonly registration?: RegistrationOptions
  /**
   * Clients whose id is the address of a document that describes them (draft-ietf-oauth-client-id-metadata-document), as
   * programs that speak MCP have. Off unless told: the server then reads addresses that strangers name.
   */
  readonly clientIdMetadataDocuments?: boolean | ClientDocumentOptions
  /**
   * Sends the requests to addresses that clients name instead, through a proxy for example: to their `jwks_uri` and
   * `sector_identifier_uri`. Which addresses it reaches is then its own matter.
   *
   * @example
   *
   * ```ts
   * // The fetch of Node goes through the proxy of HTTPS_PROXY where NODE_USE_ENV_PROXY=1 is set.
   * clientFetch: fetch,
   * ```
   */
  readonly clientFetch?: FetchLike
  /** Whether DPoP proofs must carry a nonce of ours (RFC 9449 §8); false unless told. */
  readonly dpopNonces?: boolean
  readonly rateLimits?: {
    /** Requests to the token endpoint by one client from one address. 300 in 60 s unless told. */
    readonly token?: RateLimitOption
    /** Failed client authentications by one client from one address. 20 in 60 s unless told. */
    readonly clientFailures?: RateLimitOption
    /** Introspection requests of one client. 1 200 in 60 s unless told. */
    readonly introspection?: RateLimitOption
    /** Wrong passwords for one account. 10 in 300 s unless told. */
    readonly login?: RateLimitOption
    /** Mails asked for from one address: for sign-ups, resets and new addresses. 20 in 3600 s unless told. */
    readonly mails?: RateLimitOption
    /** Mails of one kind to one mailbox; more than that are not sent. 5 in 3600 s unless told. */
    readonly mailbox?: RateLimitOption
    /** Wrong second factors of one kind for one account; five times as many in a day. 10 in 900 s unless told. */
    readonly secondFactor?: RateLimitOption
    /** Registrations from one address. 20 in 3600 s unless told. */
    readonly registration?: RateLimitOption
    /** Documents of clients not known yet that one address has the server read. 30 in 60 s unless told. */
    readonly clientDocuments?: RateLimitOption
    /** Logins with other providers that are begun from one address. 60 in 300 s unless told. */
    readonly providers?: RateLimitOption
  }
  /**
   * How mail is sent: `smtp({ url, from })`, or a function of your own. In development, unless told, it is printed and shown
   * at `/dev/outbox`; elsewhere, without it, nobody can reset a password or change an address.
   */
  readonly mail?: Mail
  /** Whether people may make accounts for themselves, each with an address that they show is theirs. False unless told. */
  readonly signUp?: boolean
  /** Other servers that people can log in with: `google({ … })`, `github({ … })` and so on, of `gatewright/sign-in`. */
  readonly providers?: readonly Provider[]
  /** What becomes of somebody who comes from one of them for the first time. */
  readonly providerAccounts?: ProviderAccounts
  /** Which passwords may be set. */
  readonly passwords?: PasswordPolicy
  /**
   * Whether people need a second factor. `optional`: whoever has set one up is asked for it. `required`: whoever has none is
   * led to set one up before anything is issued. `optional` unless told.
   */
  readonly secondFactor?: 'optional' | 'required'
  /**
   * The admin API and its pages at `/admin`, with scopes of their own that only those can be granted who hold them; false
   * unless told.
   */
  readonly admin?: boolean | AdminOptions
  /** What people see the service called; the host of the issuer unless told. */
  readonly serviceName?: string
  /**
   * The pages that people log in and agree on; the default ones unless told. Without any there is no authorization
   * endpoint.
   */
  readonly pages?: PageSet
  /**
   * Whether people may remove their own account on `/account`. False unless told: what else there is about them is for your
   * application to remove (`onAudit`, `account.removed`).
   */
  readonly accountRemoval?: boolean
  /** How the server is an OpenID provider, which it is wherever it has pages; `false` for OAuth alone. */
  readonly openid?: OpenIdOptions | false
  /** Told of every security decision, after it is written. What it throws is reported, and changes nothing. */
  readonly onAudit?: (event: AuditEvent) => void
  /**
   * Told of errors that nobody waits for, and of outages: once when one begins, then how often since (`Outage`). `console.error`
   * unless told.
   */
  readonly report?: (error: unknown) => void
  /** Milliseconds since 1970; the clock unless told. */
  readonly now?: () => number
}

/** What becomes of somebody who comes from a provider for the first time. */
export interface ProviderAccounts {
  /** Makes an account for whoever has none. True unless told; with `false` only those get in who have linked one. */
  readonly create?: boolean
  /**
   * Opens the account that has verified the same address, without asking for its password, if the provider has verified it as
   * well and its word counts. False unless told: they log in first, and link the provider in their account.
   */
  readonly linkByEmail?: boolean
}

/** How the server is administered. */
export interface AdminOptions {
  /** The public client that the docs page of the admin API logs in with; whoever uses it types one in unless told. */
  readonly docsClientId?: string
}

/** Who may register clients by themselves. */
export interface RegistrationOptions {
  /** Whoever presents one of these tokens (RFC 7591 §3); with `open`, anybody. */
  readonly initialAccessTokens?: readonly string[]
  readonly open?: boolean
  /** The scopes that registered clients may have; all unless told. */
  readonly scopes?: readonly string[]
  /**
   * Whether a client gets all of these, whichever it names (RFC 7591 §3.2.1). Programs that speak MCP register with what their
   * first call needs, and ask their person for more later. False unless told: a client is held to what it named.
   */
  readonly everyScope?: boolean
}
