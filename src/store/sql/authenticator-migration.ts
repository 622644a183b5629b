/** The table of second factors, and what a flow knows of a person who has shown one factor of two. */

/** The column types of a dialect. */
interface Types {
  readonly text: string
  readonly integer: string
  readonly options: string
}

/** The statements that make them. */
export function authenticatorTables({ text, integer, options }: Types): readonly string[] {
  return [
    `create table gatewright_authenticators (
      id ${text} primary key,
      subject ${text} not null,
      kind ${text} not null,
      name ${text} not null,
      lookup ${text} unique,
      data ${text} not null,
      counter ${integer} not null,
      created_at ${integer} not null,
      last_used_at ${integer}
    )${options}`,
    `create index gatewright_authenticators_subject on gatewright_authenticators (subject, created_at)`,

    // Who has shown one factor in this flow, and what; both are empty until then.
    `alter table gatewright_flows add column subject ${text}`,
    `alter table gatewright_flows add column proof ${text}`,
    `create index gatewright_flows_subject on gatewright_flows (subject) where subject is not null`,
  ]
}
