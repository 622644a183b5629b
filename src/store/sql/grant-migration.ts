/** The tables of the authorization server's state. `schema.ts` says what in them is secret and how long it lives. */

/** The column types of a dialect. */
interface Types {
  readonly text: string
  readonly integer: string
  readonly number: string
  readonly options: string
}

/** The statements that make the tables. */
export function grantTables({ text, integer, number, options }: Types): readonly string[] {
  return [
    `create table gatewright_clients (
      id ${text} primary key,
      version ${integer} not null,
      source ${text} not null,
      metadata ${text} not null,
      secrets ${text} not null,
      registration_token_hash ${text},
      disabled ${integer} not null,
      created_at ${integer} not null,
      last_used_at ${integer}
    )${options}`,

    `create table gatewright_grants (
      id ${text} primary key,
      client_id ${text} not null references gatewright_clients (id) on delete cascade,
      subject ${text} not null,
      scopes ${text} not null,
      resources ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer} not null,
      revoked_at ${integer},
      kept_until ${integer} not null
    )${options}`,
    `create index gatewright_grants_client on gatewright_grants (client_id, id)`,
    `create index gatewright_grants_subject on gatewright_grants (subject, id)`,
    `create index gatewright_grants_kept on gatewright_grants (kept_until)`,

    `create table gatewright_families (
      id ${text} primary key,
      grant_id ${text} not null references gatewright_grants (id) on delete cascade,
      scopes ${text} not null,
      resources ${text} not null,
      dpop_jkt ${text},
      auth_time ${integer},
      session_id ${text},
      data ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      revoked_at ${integer}
    )${options}`,
    `create index gatewright_families_grant on gatewright_families (grant_id)`,
    `create index gatewright_families_expires on gatewright_families (expires_at)`,

    `create table gatewright_codes (
      hash ${text} primary key,
      grant_id ${text} not null references gatewright_grants (id) on delete cascade,
      redirect_uri ${text} not null,
      code_challenge ${text},
      scopes ${text} not null,
      resources ${text} not null,
      nonce ${text},
      dpop_jkt ${text},
      auth_time ${integer} not null,
      session_id ${text},
      data ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      failures ${integer} not null,
      used_at ${integer},
      family_id ${text},
      kept_until ${integer} not null
    )${options}`,
    `create index gatewright_codes_grant on gatewright_codes (grant_id)`,
    `create index gatewright_codes_kept on gatewright_codes (kept_until)`,

    `create table gatewright_refresh_tokens (
      hash ${text} primary key,
      family_id ${text} not null references gatewright_families (id) on delete cascade,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      used_at ${integer},
      successor_hash ${text},
      sealed_answer ${text},
      sealed_until ${integer}
    )${options}`,
    `create index gatewright_refresh_tokens_family on gatewright_refresh_tokens (family_id)`,
    `create index gatewright_refresh_tokens_sealed on gatewright_refresh_tokens (sealed_until)
      where sealed_until is not null`,

    `create table gatewright_access_tokens (
      hash ${text} primary key,
      id ${text} not null,
      client_id ${text} not null references gatewright_clients (id) on delete cascade,
      grant_id ${text} references gatewright_grants (id) on delete cascade,
      family_id ${text},
      subject ${text} not null,
      scopes ${text} not null,
      audience ${text} not null,
      dpop_jkt ${text},
      data ${text},
      issued_at ${integer} not null,
      expires_at ${integer} not null,
      revoked_at ${integer}
    )${options}`,
    `create index gatewright_access_tokens_client on gatewright_access_tokens (client_id)`,
    `create index gatewright_access_tokens_grant on gatewright_access_tokens (grant_id)`,
    `create index gatewright_access_tokens_expires on gatewright_access_tokens (expires_at)`,

    `create table gatewright_revocations (
      cursor ${number},
      kind ${text} not null,
      value ${text} not null,
      at ${integer} not null,
      expires_at ${integer} not null
    )${options}`,
    `create index gatewright_revocations_value on gatewright_revocations (value, kind)`,
    `create index gatewright_revocations_expires on gatewright_revocations (expires_at)`,

    `create table gatewright_single_use (
      kind ${text} not null,
      hash ${text} not null,
      expires_at ${integer} not null,
      primary key (kind, hash)
    )${options}`,
    `create index gatewright_single_use_expires on gatewright_single_use (expires_at)`,

    `create table gatewright_device_codes (
      hash ${text} primary key,
      user_code_hash ${text} not null unique,
      client_id ${text} not null references gatewright_clients (id) on delete cascade,
      scopes ${text} not null,
      resources ${text} not null,
      dpop_jkt ${text},
      data ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      poll_interval ${integer} not null,
      last_poll_at ${integer},
      was_too_fast ${integer} not null,
      owner ${text},
      decision ${text},
      grant_id ${text} references gatewright_grants (id) on delete cascade,
      auth_time ${integer},
      session_id ${text},
      used_at ${integer},
      family_id ${text},
      kept_until ${integer} not null
    )${options}`,
    `create index gatewright_device_codes_client on gatewright_device_codes (client_id)`,
    `create index gatewright_device_codes_grant on gatewright_device_codes (grant_id)`,
    `create index gatewright_device_codes_kept on gatewright_device_codes (kept_until)`,

    `create table gatewright_pushed_requests (
      hash ${text} primary key,
      client_id ${text} not null references gatewright_clients (id) on delete cascade,
      parameters ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      used_at ${integer}
    )${options}`,
    `create index gatewright_pushed_requests_client on gatewright_pushed_requests (client_id)`,
    `create index gatewright_pushed_requests_expires on gatewright_pushed_requests (expires_at)`,

    // A key has one successor, and a chain one first key: the unique pair is what decides a race of rotations.
    `create table gatewright_signing_keys (
      id ${text} primary key,
      algorithm ${text} not null,
      predecessor ${text} not null,
      public_key ${text} not null,
      private_key ${text} not null,
      published_at ${integer} not null,
      signs_from ${integer} not null,
      retired_at ${integer},
      removed_at ${integer},
      unique (algorithm, predecessor)
    )${options}`,

    `create table gatewright_rate_limits (
      key ${text} primary key,
      full_at ${integer} not null
    )${options}`,
    `create index gatewright_rate_limits_full on gatewright_rate_limits (full_at)`,

    `create table gatewright_failures (
      key ${text} primary key,
      count ${integer} not null,
      forget_at ${integer} not null
    )${options}`,
    `create index gatewright_failures_forget on gatewright_failures (forget_at)`,

    `create table gatewright_audit (
      number ${number},
      at ${integer} not null,
      type ${text} not null,
      client_id ${text},
      subject ${text},
      grant_id ${text},
      address ${text},
      request_id ${text},
      details ${text}
    )${options}`,
    `create index gatewright_audit_type on gatewright_audit (type, number)`,
    `create index gatewright_audit_client on gatewright_audit (client_id, number)`,
    `create index gatewright_audit_subject on gatewright_audit (subject, number)`,
  ]
}
