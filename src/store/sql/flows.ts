/** Flows in SQL. */

import { flowLimit } from '../ports/flows.ts'
import type { FlowProof, FlowStore } from '../ports/flows.ts'
import { parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { subjectIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The flow operations of the store. */
export function flowStore(session: Session, subjects: Subjects): FlowStore {
  return {
    async saveFlow({ data, ...flow }) {
      await session.transact(async (runner) => {
        await runner.changes(insert, { ...flow, data: JSON.stringify(data) })
        await runner.changes(dropOldest, { browserHash: flow.browserHash })
      })
    },
    async findFlow(hash, browserHash, now) {
      const row = await session.row(select, { hash, browserHash, now })
      if (row === undefined) return undefined
      const { created_at: createdAt, expires_at: expiresAt } = row
      return {
        hash,
        browserHash,
        data: parsed(row.data),
        createdAt: Number(createdAt),
        expiresAt: Number(expiresAt),
        ...(row.proof === null ? {} : { proof: proofOf(row.proof) }),
      }
    },
    async changeFlow(hash, browserHash, { from, to }, now) {
      const values = { hash, browserHash, now, from: JSON.stringify(from), to: JSON.stringify(to) }
      return (await session.changes(change, values)) === 1
    },
    async consumeFlow(hash, browserHash, now) {
      return (await session.changes(consumeFlow, { hash, browserHash, now })) === 1
    },
    async proveFlow(hash, browserHash, proof, now) {
      const { subject } = proof
      if (!(await subjects.isAlive(subject))) return false
      const values = { hash, browserHash, now, subject, proof: JSON.stringify(proof) }
      return (await session.changes(prove, values)) === 1
    },
  }
}

/** Takes the proof of a flow away, if it is this person's: for one caller of all. */
export const useProof: Statement<
  { hash: string; browserHash: string; subject: string; now: number },
  Record<never, never>
> = statement<{ hash: string; browserHash: string; subject: string; now: number }>`
  update gatewright_flows set subject = null, proof = null
  where hash = ${'hash'} and browser_hash = ${'browserHash'} and subject = ${'subject'} and expires_at > ${'now'}`

/** Takes away what a person has shown in any flow. */
export const forgetProofs: Statement<{ subject: string }, Record<never, never>> = statement<{
  subject: string
}>`update gatewright_flows set subject = null, proof = null where subject = ${'subject'}`

/** Uses a flow up, in this transaction or alone. */
export const consumeFlow: Statement<
  { hash: string; browserHash: string; now: number },
  Record<never, never>
> = statement<{ hash: string; browserHash: string; now: number }>`
  delete from gatewright_flows where hash = ${'hash'} and browser_hash = ${'browserHash'} and expires_at > ${'now'}`

interface InsertValues {
  readonly hash: string
  readonly browserHash: string
  readonly data: string
  readonly createdAt: number
  readonly expiresAt: number
}

const insert = statement<InsertValues>`
  insert into gatewright_flows (hash, browser_hash, data, created_at, expires_at)
  values (${'hash'}, ${'browserHash'}, ${'data'}, ${'createdAt'}, ${'expiresAt'})`

interface ChangeValues {
  readonly hash: string
  readonly browserHash: string
  readonly from: string
  readonly to: string
  readonly now: number
}

const change = statement<ChangeValues>`
  update gatewright_flows set data = ${'to'}
  where hash = ${'hash'} and browser_hash = ${'browserHash'} and data = ${'from'} and expires_at > ${'now'}`

const dropOldest = statement<{ browserHash: string }>`
  delete from gatewright_flows where number in (select number from gatewright_flows
    where browser_hash = ${'browserHash'} order by number desc limit 1000 offset ${() => String(flowLimit)})`

const select = statement<
  { hash: string; browserHash: string; now: number },
  { data: string; created_at: Integer; expires_at: Integer; proof: string | null }
>`
  select data, proof, created_at, expires_at from gatewright_flows
  where hash = ${'hash'} and browser_hash = ${'browserHash'} and expires_at > ${'now'}`

const prove = statement<{
  hash: string
  browserHash: string
  subject: string
  proof: string
  now: number
}>`
  update gatewright_flows set subject = ${'subject'}, proof = ${'proof'}
  where hash = ${'hash'} and browser_hash = ${'browserHash'} and expires_at > ${'now'}
    and exists (select 1 from (select cast(${'subject'} as text) as subject) as n where ${subjectIsAlive('n.subject')})`

function proofOf(text: string): FlowProof {
  // The cast: written by `proveFlow`.
  return JSON.parse(text) as FlowProof
}
