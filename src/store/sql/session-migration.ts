/** The tables of what browsers hold: login sessions and flows. `schema.ts` says what in them is secret. */

/** The column types of a dialect. */
interface Types {
  readonly text: string
  readonly integer: string
  readonly number: string
  readonly options: string
}

/** The statements that make the tables. */
export function sessionTables({ text, integer, number, options }: Types): readonly string[] {
  return [
    `create table gatewright_sessions (
      hash ${text} primary key,
      id ${text} not null unique,
      subject ${text} not null,
      created_at ${integer} not null,
      last_seen_at ${integer} not null,
      auth_time ${integer} not null,
      methods ${text} not null,
      idle_until ${integer} not null,
      expires_at ${integer} not null,
      address ${text},
      user_agent ${text}
    )${options}`,
    `create index gatewright_sessions_subject on gatewright_sessions (subject)`,
    `create index gatewright_sessions_idle on gatewright_sessions (idle_until)`,

    `create table gatewright_flows (
      number ${number},
      hash ${text} not null unique,
      browser_hash ${text} not null,
      data ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null
    )${options}`,
    `create index gatewright_flows_browser on gatewright_flows (browser_hash, number)`,
    `create index gatewright_flows_expires on gatewright_flows (expires_at)`,
  ]
}
