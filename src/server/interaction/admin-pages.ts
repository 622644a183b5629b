/** The port of the admin pages: what an administrator sees of accounts, clients, keys and the audit log. */

import type { Html } from '../../http/html.ts'
import type { PageContext, PageForm, PagePerson } from './pages.ts'

/** The parts of the administration. */
export type AdminSectionName = 'overview' | 'users' | 'clients' | 'keys' | 'audit'

/** What has just been done, to be said once. */
export type AdminNotice =
  'changed' | 'removed' | 'ended' | 'revoked' | 'rotated' | 'factors_reset' | 'reset_sent'

/** What can be wrong with what was sent. */
export type AdminProblemCode =
  | 'username'
  | 'username_taken'
  | 'name'
  | 'email'
  | 'beyond'
  | 'own'
  | 'confirm'
  | 'not_sent'
  | 'client_taken'
  | 'client'
  | 'gone'

/** What went wrong the last time. */
export interface AdminProblem {
  readonly code: AdminProblemCode
  /** For people who know OAuth, in English. */
  readonly detail?: string | undefined
}

/** What every admin page shows besides its own part. */
export interface AdminFrame {
  readonly person: PagePerson
  /** The parts that this administrator may see, in the order of the navigation. */
  readonly sections: readonly { readonly name: AdminSectionName; readonly href: string }[]
  readonly current: AdminSectionName
  readonly signOutHref: string
  readonly notice?: AdminNotice | undefined
  readonly problem?: AdminProblem | undefined
}

/** The first page. */
export interface AdminOverviewPage {
  readonly frame: AdminFrame
  /** The page of the API's documentation. */
  readonly docsHref: string
}

/** A scope that can be ticked. */
export interface AdminScopeChoice {
  readonly name: string
  readonly text: string
  readonly isSet: boolean
  /** Not for this administrator to give or to take. */
  readonly isLocked: boolean
}

/** An account in a list. */
export interface AdminUserRow {
  readonly username: string
  readonly name?: string | undefined
  readonly href: string
  readonly isDisabled: boolean
  /** Holds a scope of the admin API. */
  readonly isAdmin: boolean
}

/** What is in the fields about an account: `username`, `name`, `email`, `scope` (repeated). */
export interface AdminUserFields {
  readonly username?: string | undefined
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly scopes: readonly AdminScopeChoice[]
}

/** The accounts. The form that adds one has `action` `create` and {@link AdminUserFields}. */
export interface AdminUsersPage {
  readonly frame: AdminFrame
  readonly users: readonly AdminUserRow[]
  readonly nextHref?: string | undefined
  /** Where the field `search` is sent by GET. */
  readonly searchHref: string
  readonly search?: string | undefined
  readonly create?: { readonly form: PageForm; readonly fields: AdminUserFields } | undefined
}

/** What is shown once: the first password of an account, or the secret of a client. */
export interface AdminOncePage {
  readonly frame: AdminFrame
  readonly kind: 'password' | 'secret'
  /** Whose it is. */
  readonly owner: string
  readonly value: string
  /** Where to go on. */
  readonly href: string
}

/** A login session of an account. */
export interface AdminSession {
  readonly id: string
  readonly address?: string | undefined
  /** A guess: everybody sends what they like. */
  readonly browser?: string | undefined
  readonly system?: string | undefined
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number
}

/** How many second factors an account has. */
export interface AdminFactors {
  readonly apps: number
  readonly passkeys: number
  readonly recoveryCodes: number
}

/** What an account has allowed. */
export interface AdminGrant {
  readonly id: string
  readonly clientName: string
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number
}

/**
 * An account. Every form goes to the same address; its field `action` says what: `change` with {@link AdminUserFields} and
 * `disabled`, `end_session` with `session`, `end_sessions`, `revoke_grant` with `grant`, `revoke`, `send_reset`,
 * `reset_factors`, `remove` with the username as `confirm`.
 */
export interface AdminUserPage {
  readonly frame: AdminFrame
  readonly user: {
    readonly id: string
    readonly username: string
    readonly isDisabled: boolean
    /** Whoever looks at it: nobody disables or removes themselves here. */
    readonly isSelf: boolean
    /** Milliseconds since 1970. */
    readonly createdAt: number
  }
  readonly form: PageForm
  readonly fields: AdminUserFields
  /** Where it may be changed and removed by this administrator. */
  readonly mayChange: boolean
  readonly mayRemove: boolean
  /** Where a link to set another password can be sent: the address that it goes to. */
  readonly resetTo?: string | undefined
  /** What there is to take away; missing where there is nothing, or not for this administrator. */
  readonly factors?: AdminFactors | undefined
  /** Missing where they may not be seen. */
  readonly sessions?: readonly AdminSession[] | undefined
  readonly mayEnd: boolean
  /** Missing where they may not be seen. */
  readonly grants?: readonly AdminGrant[] | undefined
  readonly mayRevoke: boolean
  readonly auditHref?: string | undefined
}

/** A client in a list. */
export interface AdminClientRow {
  readonly id: string
  /** The client's own text. */
  readonly name?: string | undefined
  readonly href: string
  readonly source: 'code' | 'admin' | 'registered' | 'document'
  readonly isDisabled: boolean
}

/** What is in the fields about a client: `client_name`, `redirect_uris` (one a line), `scope` (words). */
export interface AdminClientFields {
  readonly name?: string | undefined
  readonly redirectUris: string
  readonly scope: string
  /** Left empty: every scope of the server but those of the admin API. */
  readonly isFirstParty: boolean
}

/**
 * The clients. The form that adds one has `action` `create`, {@link AdminClientFields}, `client_id` (a random one when empty),
 * `kind` ({@link AdminClientKind}) and `first_party`.
 */
export interface AdminClientsPage {
  readonly frame: AdminFrame
  readonly clients: readonly AdminClientRow[]
  readonly nextHref?: string | undefined
  readonly create?: { readonly form: PageForm; readonly fields: AdminNewClientFields } | undefined
}

/** What kind of client is to be added: these cover nearly all there are. */
export type AdminClientKind = 'confidential' | 'public' | 'native' | 'machine'

/** What is in the fields about a client that is to be added. */
export interface AdminNewClientFields extends AdminClientFields {
  readonly id?: string | undefined
  readonly kind: AdminClientKind
}

/**
 * A client. Every form goes to the same address; its field `action` says what: `change` with {@link AdminClientFields},
 * `first_party` and `disabled`, `rotate` with `leaked` where the secret before ends at once, `remove` with the id as
 * `confirm`.
 */
export interface AdminClientPage {
  readonly frame: AdminFrame
  readonly client: AdminClientRow & {
    readonly authentication: string
    readonly grants: readonly string[]
    readonly ownScope: string
    /** Milliseconds since 1970. */
    readonly createdAt: number
  }
  readonly form: PageForm
  readonly fields: AdminClientFields
  readonly mayChange: boolean
  readonly mayRotate: boolean
  readonly mayRemove: boolean
}

/** A signing key. */
export interface AdminKey {
  readonly kid: string
  readonly algorithm: string
  readonly state: 'next' | 'signs' | 'verifies'
  /** Milliseconds since 1970. */
  readonly signsFrom: number
  readonly signsUntil?: number | undefined
  readonly publishedUntil?: number | undefined
}

/** The signing keys. The field `action` says what: `rotate`, or `remove` with `kid`. */
export interface AdminKeysPage {
  readonly frame: AdminFrame
  readonly keys: readonly AdminKey[]
  readonly form?: PageForm | undefined
}

/** An event of the audit log. */
export interface AdminEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly type: string
  readonly subject?: { readonly text: string; readonly href?: string | undefined } | undefined
  readonly client?: { readonly text: string; readonly href?: string | undefined } | undefined
  readonly address?: string | undefined
  /** Names and values on one line. */
  readonly details?: string | undefined
}

/** The audit log. Fields by GET: `type`, `subject`, `client_id`. */
export interface AdminAuditPage {
  readonly frame: AdminFrame
  readonly events: readonly AdminEvent[]
  readonly nextHref?: string | undefined
  readonly searchHref: string
  readonly search: {
    readonly type?: string | undefined
    readonly subject?: string | undefined
    readonly clientId?: string | undefined
  }
}

/** Somebody who may not see this, or something that is not there. */
export interface AdminRefusalPage {
  readonly kind: 'forbidden' | 'missing'
  readonly person: PagePerson
  /** The first page, for somebody who may see it. */
  readonly homeHref?: string | undefined
  readonly signOutHref: string
}

/** One function a page. Each gives the whole document. */
export interface AdminPages {
  readonly overview: (page: AdminOverviewPage, context: PageContext) => Html
  readonly users: (page: AdminUsersPage, context: PageContext) => Html
  readonly user: (page: AdminUserPage, context: PageContext) => Html
  readonly clients: (page: AdminClientsPage, context: PageContext) => Html
  readonly client: (page: AdminClientPage, context: PageContext) => Html
  readonly once: (page: AdminOncePage, context: PageContext) => Html
  readonly keys: (page: AdminKeysPage, context: PageContext) => Html
  readonly audit: (page: AdminAuditPage, context: PageContext) => Html
  readonly refusal: (page: AdminRefusalPage, context: PageContext) => Html
}
