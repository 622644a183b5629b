import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeRefresh, refreshFingerprint, refreshRefused } from './refresh-rotation.ts'
import type { Refresh, RefreshConsumption, RefreshJudgement, RefreshRow } from './refresh-rotation.ts'

const now = 1_800_000_000_000
const day = 86_400_000
const bindings = { fingerprint: refreshFingerprint({ resources: [] }) }
const row: RefreshRow = { clientId: 'spa', expiresAt: now + day, familyExpiresAt: now + 30 * day }
const good: Refresh = { row, now, clientId: 'spa', bindings, retryWindow: 10_000 }

const judge = (changed: Partial<RefreshRow> = {}, more: Partial<Refresh> = {}): RefreshJudgement =>
  judgeRefresh({ ...good, ...more, row: { ...row, ...changed } })

const used = (ago: number, changed: Partial<RefreshConsumption> = {}): Partial<RefreshRow> => ({
  consumed: { at: now - ago, bindings, isSuccessorUsed: false, ...changed },
})
const refuse = (reason: string): object => ({ verdict: 'refuse', reason })

test('an unused token is rotated', () => {
  expect(judge()).toEqual({ verdict: 'rotate' })
})

test('SECURITY 71: a token belongs to its client, and a stranger changes nothing', () => {
  expect(judge({}, { clientId: 'web' })).toEqual(refuse('client'))
  // Not even when it was used before: a stranger must not be able to revoke a family.
  expect(judge(used(day), { clientId: 'web' })).toEqual(refuse('client'))
  expect(judge(used(1), { clientId: 'web' })).toEqual(refuse('client'))
})

test('SECURITY 76: a bound token needs the same key', () => {
  const bound = { dpopThumbprint: 'key' }
  expect(judge(bound, { bindings: { ...bindings, ...bound } })).toEqual({ verdict: 'rotate' })
  for (const other of [undefined, 'other', '']) {
    const held = { bindings: { ...bindings, dpopThumbprint: other } }
    expect(judge(bound, held)).toEqual(refuse('key'))
    expect(judge({ ...bound, ...used(day) }, held)).toEqual(refuse('key'))
  }
})

test('SECURITY 74: it ends when it is not used, and the family ends however often it is', () => {
  expect(judge({ expiresAt: now + 1 })).toEqual({ verdict: 'rotate' })
  expect(judge({ expiresAt: now })).toEqual(refuse('idle'))
  expect(judge({ familyExpiresAt: now })).toEqual(refuse('absolute'))
  expect(judge({ ...used(1), familyExpiresAt: now })).toEqual(refuse('absolute'))
})

test('SECURITY 75: a revoked family gives nothing, and no identical answer either', () => {
  expect(judge({ familyRevokedAt: now - 1 })).toEqual(refuse('revoked'))
  expect(judge({ familyRevokedAt: now - 1, ...used(1) })).toEqual(refuse('revoked'))
})

test('SECURITY 68: a used token that comes again after the window revokes its family', () => {
  expect(judge(used(10_001))).toEqual({ verdict: 'reuse' })
  expect(judge({ ...used(day), expiresAt: now - 1 })).toEqual({ verdict: 'reuse' })
})

test('SECURITY 70: inside of the window the same request gets the identical answer', () => {
  for (const ago of [0, 5000, 10_000]) expect(judge(used(ago))).toEqual({ verdict: 'repeat' })
})

test('SECURITY 70: only the immediate predecessor, while the successor is unused', () => {
  expect(judge(used(5000, { isSuccessorUsed: true }))).toEqual({ verdict: 'reuse' })
  expect(judge(used(0, { isSuccessorUsed: true }))).toEqual({ verdict: 'reuse' })
})

test('SECURITY 70: without a window every second use is reuse', () => {
  for (const retryWindow of [0, -1]) expect(judge(used(0), { retryWindow })).toEqual({ verdict: 'reuse' })
})

test('SECURITY 70: another wish inside of the window is refused, and the family lives', () => {
  for (const other of [{ scopes: ['read'], resources: [] }, { resources: ['https://a.test'] }]) {
    const asked = { bindings: { fingerprint: refreshFingerprint(other) } }
    expect(judge(used(5000), asked)).toEqual(refuse('other_request'))
    expect(judge(used(10_001), asked)).toEqual({ verdict: 'reuse' })
  }
  // The answer was bound to a key, or to none.
  expect(judge(used(5000), { bindings: { ...bindings, dpopThumbprint: 'key' } })).toEqual(
    refuse('other_request'),
  )
  expect(judge(used(5000, { bindings: { ...bindings, dpopThumbprint: 'key' } }))).toEqual(
    refuse('other_request'),
  )
})

test('R10: two nodes may differ by a minute; a clock that was set back opens no window', () => {
  expect(judge(used(-30_000))).toEqual({ verdict: 'repeat' })
  expect(judge(used(-3_600_000))).toEqual(refuse('clock'))
})

test('the wish is the same in any order', () => {
  const one = refreshFingerprint({ scopes: ['a', 'b'], resources: ['https://a.test/', 'https://b.test'] })
  expect(refreshFingerprint({ scopes: ['b', 'a', 'a'], resources: ['https://b.test', 'https://A.test'] })).toBe(one) // prettier-ignore
  const wishes = [
    { resources: [] }, { scopes: [], resources: [] }, { scopes: ['a'], resources: [] }, { scopes: ['a b'], resources: [] }, { scopes: ['a', 'b'], resources: [] },
    { resources: ['https://a.test'] }, { scopes: ['https://a.test'], resources: [] },
  ] // prettier-ignore
  expect(new Set(wishes.map(refreshFingerprint)).size).toBe(wishes.length)
})

test('every refusal says the same, and why is for the log', () => {
  const bodies = (['client', 'key', 'revoked', 'idle', 'absolute', 'other_request', 'clock', 'reuse', 'unknown'] as const).map((reason) => {
    expect(refreshRefused(reason)).toMatchObject({ code: 'invalid_grant', status: 400, cause: reason })
    return JSON.stringify(refreshRefused(reason))
  }) // prettier-ignore
  expect(new Set(bodies).size).toBe(1)
})

test('whatever the row says: no rotation of what was used, and nothing at all for a stranger', () => {
  const time = fc.constantFrom(-2 * day, -10_001, -10_000, -1, 0, 1, day).map((offset) => now + offset)
  const key = fc.constantFrom(undefined, 'key', 'other')
  const consumed = fc.option(fc.record({ at: time, isSuccessorUsed: fc.boolean(), bindings: fc.record({ dpopThumbprint: key, fingerprint: fc.constantFrom('x', bindings.fingerprint) }) }), { nil: undefined }) // prettier-ignore
  const rows = fc.record({ clientId: fc.constantFrom('spa', 'web'), dpopThumbprint: key, expiresAt: time, familyExpiresAt: time, familyRevokedAt: fc.option(time, { nil: undefined }), consumed }) // prettier-ignore
  fc.assert(
    fc.property(rows, key, fc.constantFrom(0, 10_000), (row, dpopThumbprint, retryWindow) => {
      const { verdict } = judgeRefresh({ row, now, clientId: 'spa', bindings: { ...bindings, dpopThumbprint }, retryWindow }) // prettier-ignore
      if (row.clientId !== 'spa') expect(verdict).toBe('refuse')
      if (row.dpopThumbprint !== undefined && row.dpopThumbprint !== dpopThumbprint)
        expect(verdict).toBe('refuse')
      if (row.familyRevokedAt !== undefined || row.familyExpiresAt <= now) expect(verdict).toBe('refuse')
      if (verdict === 'rotate') expect([row.consumed, row.expiresAt > now]).toEqual([undefined, true])
      if (verdict === 'reuse' || verdict === 'repeat') expect(row.consumed).toBeDefined()
      if (verdict === 'repeat') expect([row.consumed?.isSuccessorUsed, retryWindow, row.consumed?.bindings.dpopThumbprint]).toEqual([false, 10_000, dpopThumbprint]) // prettier-ignore
    }),
    { numRuns: 5000 },
  )
})
