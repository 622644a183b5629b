/**
 * Three places for oidc-provider's state, by the contract of its documentation. Its contract marks a code or a refresh token
 * as used without saying whether it was already; the two databases say so all the same, by one guarded statement.
 */

import { errors } from 'oidc-provider'
import { connections, databaseUrl, filePath } from './given.mjs'

const seconds = () => Math.floor(Date.now() / 1000)

/** In this process: a Map without an end, so that nothing is lost under load. */
export function inMemory() {
  const rows = new Map()
  const grants = new Map()
  return class {
    constructor(model) {
      this.model = model
    }
    async upsert(id, payload) {
      rows.set(`${this.model}:${id}`, payload)
      const { grantId } = payload
      if (grantId === undefined) return
      const members = grants.get(grantId)
      if (members === undefined) grants.set(grantId, [`${this.model}:${id}`])
      else members.push(`${this.model}:${id}`)
    }
    async find(id) {
      return rows.get(`${this.model}:${id}`)
    }
    async consume(id) {
      rows.get(`${this.model}:${id}`).consumed = seconds()
    }
    async destroy(id) {
      rows.delete(`${this.model}:${id}`)
    }
    async revokeByGrantId(grantId) {
      for (const key of grants.get(grantId) ?? []) rows.delete(key)
      grants.delete(grantId)
    }
  }
}

const table = (json) => `create table if not exists oidc_payloads (
  model text not null, id text not null, payload ${json} not null, grant_id text, expires_at bigint, consumed_at bigint,
  primary key (model, id))`
const index = `create index if not exists oidc_payloads_grant on oidc_payloads (grant_id)`

/** In a SQLite file, every commit on the disk. */
export async function inSqlite() {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(filePath(databaseUrl))
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec(`${table('text')}; ${index}`)
  const upsert = database.prepare(
    `insert into oidc_payloads (model, id, payload, grant_id, expires_at) values (?, ?, ?, ?, ?)
     on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
  )
  const find = database.prepare('select payload, consumed_at from oidc_payloads where model = ? and id = ?')
  const consume = database.prepare(
    'update oidc_payloads set consumed_at = ? where model = ? and id = ? and consumed_at is null',
  )
  const destroy = database.prepare('delete from oidc_payloads where model = ? and id = ?')
  const revoke = database.prepare('delete from oidc_payloads where grant_id = ?')
  return class {
    constructor(model) {
      this.model = model
    }
    async upsert(id, payload, expiresIn) {
      const expires = expiresIn === undefined ? null : seconds() + expiresIn
      upsert.run(this.model, id, JSON.stringify(payload), payload.grantId ?? null, expires)
    }
    async find(id) {
      const row = find.get(this.model, id)
      return row && payloadOf(JSON.parse(row.payload), row.consumed_at)
    }
    async consume(id) {
      once(Number(consume.run(seconds(), this.model, id).changes))
    }
    async destroy(id) {
      destroy.run(this.model, id)
    }
    async revokeByGrantId(grantId) {
      revoke.run(grantId)
    }
  }
}

/** In PostgreSQL. */
export async function inPostgres() {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections })
  await pool.query(`${table('jsonb')}; ${index}`)
  // Named, so that each connection prepares them once.
  const run = (name, text, values) => pool.query({ name, text, values })
  return class {
    constructor(model) {
      this.model = model
    }
    async upsert(id, payload, expiresIn) {
      const expires = expiresIn === undefined ? null : seconds() + expiresIn
      await run(
        'upsert',
        `insert into oidc_payloads (model, id, payload, grant_id, expires_at) values ($1, $2, $3, $4, $5)
         on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
        [this.model, id, JSON.stringify(payload), payload.grantId ?? null, expires],
      )
    }
    async find(id) {
      const { rows } = await run(
        'find',
        'select payload, consumed_at from oidc_payloads where model = $1 and id = $2',
        [this.model, id],
      )
      return rows[0] && payloadOf(rows[0].payload, rows[0].consumed_at)
    }
    async consume(id) {
      const { rowCount } = await run(
        'consume',
        'update oidc_payloads set consumed_at = $1 where model = $2 and id = $3 and consumed_at is null',
        [seconds(), this.model, id],
      )
      once(rowCount)
    }
    async destroy(id) {
      await run('destroy', 'delete from oidc_payloads where model = $1 and id = $2', [this.model, id])
    }
    async revokeByGrantId(grantId) {
      await run('revoke', 'delete from oidc_payloads where grant_id = $1', [grantId])
    }
  }
}

function payloadOf(payload, consumed) {
  return consumed === null ? payload : { ...payload, consumed: Number(consumed) }
}

function once(changed) {
  if (changed !== 1) throw new errors.InvalidGrant('used already')
}
