/** Verified addresses, and the table of the links that are sent to them. `schema.ts` says what in it is secret. */

/** The column types of a dialect. */
interface Types {
  readonly text: string
  readonly integer: string
  readonly options: string
}

/** The statements that make the columns and the table. */
export function accountTokenTables({ text, integer, options }: Types): readonly string[] {
  return [
    `alter table gatewright_accounts add column email_verified ${integer} not null default 0`,
    `alter table gatewright_accounts add column email_key ${text}`,
    `update gatewright_accounts set email_key = lower(email) where email is not null`,
    `create index gatewright_accounts_email on gatewright_accounts (email_key)`,
    // Whoever has shown that an address is theirs is the only one.
    `create unique index gatewright_accounts_verified_email on gatewright_accounts (email_key)
      where email_verified = 1`,

    `create table gatewright_account_tokens (
      hash ${text} primary key,
      purpose ${text} not null,
      slot ${text} not null,
      subject ${text},
      email ${text} not null,
      data ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      unique (purpose, slot)
    )${options}`,
    `create index gatewright_account_tokens_subject on gatewright_account_tokens (subject)`,
    `create index gatewright_account_tokens_expires on gatewright_account_tokens (expires_at)`,
  ]
}
