/** The tables of identities from other providers, of logins there that have begun, and of sessions without an account. `schema.ts` says what in them is secret. */

/** The column types of a dialect. */
interface Types {
  readonly text: string
  readonly integer: string
  readonly number: string
  readonly options: string
}

/** The statements that make the tables. */
export function identityTables({ text, integer, number, options }: Types): readonly string[] {
  return [
    `create table gatewright_identities (
      id ${text} primary key,
      subject ${text} not null references gatewright_accounts (id) on delete cascade,
      provider ${text} not null,
      issuer ${text} not null,
      provider_subject ${text} not null,
      profile ${text} not null,
      tokens ${text},
      created_at ${integer} not null,
      last_used_at ${integer} not null,
      unique (provider, issuer, provider_subject)
    )${options}`,
    `create index gatewright_identities_subject on gatewright_identities (subject)`,

    `create table gatewright_login_attempts (
      number ${number},
      hash ${text} not null unique,
      browser_hash ${text} not null,
      provider ${text} not null,
      data ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null
    )${options}`,
    `create index gatewright_login_attempts_browser on gatewright_login_attempts (browser_hash, number)`,
    `create index gatewright_login_attempts_expires on gatewright_login_attempts (expires_at)`,

    `create table gatewright_visitor_sessions (
      hash ${text} primary key,
      person ${text} not null,
      created_at ${integer} not null,
      idle_until ${integer} not null,
      expires_at ${integer} not null
    )${options}`,
    `create index gatewright_visitor_sessions_idle on gatewright_visitor_sessions (idle_until)`,
  ]
}
