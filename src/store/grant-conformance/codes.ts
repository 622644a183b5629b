/** What the suite asks of authorization codes, grants, and what is issued under them. */

import assert from 'node:assert/strict'
import { codeFailureLimit } from '../grant-store.ts'
import type { GrantStore } from '../grant-store.ts'
import {
  accessToken,
  client,
  code,
  count,
  day,
  family,
  grant,
  hostileTexts,
  issuedFor,
  login,
  minute,
  revoking,
  start,
  unique,
  withWorld,
} from './world.ts'
import type { GrantConformanceCase, IssuedFamily } from './world.ts'

/** The cases. */
export const codeCases: readonly GrantConformanceCase[] = [
  withWorld(
    'a code is found as it was made, with its grant',
    async ({ store, others: [other] }) => {
      const of = grant()
      const full = code(of, { nonce: 'n', dpopJkt: 'jkt', sessionId: 'session', data: { acr: '1' } })
      assert.equal(await store.saveCode(full, of), 'saved')
      const stored = { ...of, createdAt: start, lastUsedAt: start }
      const expected = { ...full, failures: 0, grant: stored, status: 'live' }
      assert.deepEqual(await other?.findCode(full.hash, start), expected)
      assert.deepEqual(await other?.getGrant(of.id), stored)
      const { codeChallenge: _, ...bare } = code(of)
      assert.equal(await store.saveCode(bare, of), 'saved')
      const found = { ...bare, failures: 0, grant: stored, status: 'live' }
      assert.deepEqual(await store.findCode(bare.hash, start), found)
      assert.equal(await store.findCode('nothing', start), undefined)
    },
    2,
  ),
  withWorld('SECURITY 269: text is kept as it is', async ({ store, place }) => {
    for (const text of hostileTexts) {
      await place.addSubject(text)
      const of = grant({ id: text, subject: text })
      const hostile = code(of, {
        hash: text,
        redirectUri: text,
        nonce: text,
        sessionId: text,
        data: { [text]: text },
      })
      assert.equal(await store.saveCode(hostile, of), 'saved')
      const found = await store.findCode(text, start)
      assert.deepEqual([found?.redirectUri, found?.nonce, found?.subject], [text, text, text])
      assert.deepEqual(found?.data, { [text]: text })
      assert.equal(await store.redeemCode(text, start, issuedFor(text)), 'redeemed')
    }
  }),
  withWorld(
    'redemption writes everything that is issued, and the code tells what it made',
    async ({ store }) => {
      const of = grant()
      const made = code(of)
      await store.saveCode(made, of)
      const issued = issuedFor(of.id, {
        dpopJkt: 'jkt',
        authTime: start,
        sessionId: 's',
        data: { amr: ['pwd'] },
      })
      assert.equal(await store.redeemCode(made.hash, start + 1, issued), 'redeemed')
      await assertWritten(store, of.id, issued)
      const found = await store.findCode(made.hash, start + 2)
      assert.deepEqual(
        [found?.status, found?.usedAt, found?.familyId],
        ['spent', start + 1, issued.family.id],
      )
      const { refreshToken: _, ...rest } = issued.family
      assert.deepEqual(await store.getFamily(issued.family.id), {
        ...rest,
        grantId: of.id,
        createdAt: start + 1,
      })
    },
  ),
  withWorld(
    'SECURITY 51: of 20 redemptions at once one succeeds, and of the others nothing is written',
    async ({ callers, store }) => {
      for (let round = 0; round < 5; round += 1) {
        const of = grant()
        const made = code(of)
        await store.saveCode(made, of)
        const issues = callers(20).map(() => issuedFor(of.id))
        const answers = await Promise.all(
          callers(20).map((each, index) => each.redeemCode(made.hash, start, issues[index] ?? {})),
        )
        assert.equal(count(answers, 'redeemed'), 1)
        assert.equal(count(answers, 'spent'), 19)
        for (const [index, issued] of issues.entries()) {
          if (answers[index] === 'redeemed') await assertWritten(store, of.id, issued)
          else await assertAbsent(store, issued)
        }
        assert.equal(await eventsOf(store, of.id), 1)
      }
    },
    4,
  ),
  withWorld('what cannot be redeemed stays as it is, and nothing is written', async ({ store, place }) => {
    await place.addSubject('bob')
    const of = grant({ subject: 'bob' })
    const made = code(of)
    await store.saveCode(made, of)
    async function refused(status: string | undefined, hash = made.hash, now = start): Promise<void> {
      const issued = issuedFor(of.id)
      assert.equal((await store.findCode(hash, now))?.status, status)
      assert.equal(await store.redeemCode(hash, now, issued), 'gone')
      await assertAbsent(store, issued)
      assert.equal(await eventsOf(store, of.id), 0)
    }
    await refused(undefined, 'nothing')
    // SECURITY 54: something that expires at a moment is expired at it.
    await refused('expired', made.hash, made.expiresAt)
    // SECURITY 63: the world is looked at again.
    const { id, createdAt: _, ...record } = client('app')
    await store.replaceClient(id, 1, { ...record, disabled: true })
    await refused('revoked')
    await store.replaceClient(id, 2, record)
    await place.disableSubject('bob', true)
    await refused('revoked')
    await place.disableSubject('bob', false)
    assert.equal((await store.findCode(made.hash, made.expiresAt - 1))?.status, 'live')
    assert.equal(await store.redeemCode(made.hash, made.expiresAt - 1, issuedFor(of.id)), 'redeemed')
  }),
  withWorld('SECURITY 63: a code dies with its grant, and with its account', async ({ store, place }) => {
    await place.addSubject('bob')
    const [withdrawn, removed] = [grant(), grant({ subject: 'bob' })]
    const [one, two] = [code(withdrawn), code(removed)]
    await store.saveCode(one, withdrawn)
    await store.saveCode(two, removed)
    assert.equal(await store.revokeGrant(withdrawn.id, revoking()), true)
    await place.removeSubject('bob')
    for (const { hash, grantId } of [one, two]) {
      assert.equal((await store.findCode(hash, start))?.status, 'revoked')
      assert.equal(await store.redeemCode(hash, start, issuedFor(grantId)), 'gone')
      assert.equal(await eventsOf(store, grantId), 0)
    }
  }),
  withWorld(
    `SECURITY 56: every failure counts, and ${codeFailureLimit} are the end of a code`,
    async ({ callers, store }) => {
      const of = grant()
      const made = code(of)
      await store.saveCode(made, of)
      for (let tries = 1; tries < codeFailureLimit; tries += 1) {
        assert.equal(await store.countCodeFailure(made.hash), tries)
      }
      assert.equal((await store.findCode(made.hash, start))?.status, 'live')
      const answers = await Promise.all(callers(30).map((each) => each.countCodeFailure(made.hash)))
      assert.equal(Math.max(...answers.map(Number)), codeFailureLimit - 1 + 30)
      assert.equal((await store.findCode(made.hash, start))?.status, 'failed')
      const issued = issuedFor(of.id)
      assert.equal(await store.redeemCode(made.hash, start, issued), 'gone')
      await assertAbsent(store, issued)
      assert.equal(await store.countCodeFailure('nothing'), undefined)
      const spent = await login(store)
      assert.equal(await store.countCodeFailure(spent.code.hash), undefined)
      assert.equal((await store.findCode(spent.code.hash, start))?.failures, 0)
    },
    4,
  ),
  withWorld(
    'SECURITY 79: a redemption that the database refuses leaves the code as it was',
    async ({ store }) => {
      const taken = await login(store)
      const of = grant()
      const made = code(of)
      await store.saveCode(made, of)
      // The last thing to be written is one that cannot be, so everything before was written and must go.
      const broken = { ...issuedFor(of.id), accessTokens: [accessToken({ hash: taken.access })] }
      await assert.rejects(store.redeemCode(made.hash, start, broken), { code: 'conflict' })
      await assertAbsent(store, broken)
      assert.equal((await store.findCode(made.hash, start))?.status, 'live')
      const issued = issuedFor(of.id)
      assert.equal(await store.redeemCode(made.hash, start, issued), 'redeemed')
      await assertWritten(store, of.id, issued)
    },
  ),
  withWorld(
    'a code for a grant that is there renews it, if it is the same client and subject and not revoked',
    async ({ store, place }) => {
      await place.addSubject('bob')
      await store.createClient(client('other'))
      const { grant: first } = await login(store)
      const wider = { ...first, scopes: ['me', 'more'] }
      assert.equal(await store.saveCode(code(wider), wider), 'saved')
      assert.deepEqual((await store.getGrant(first.id))?.scopes, ['me', 'more'])

      for (const foreign of [
        { ...first, clientId: 'other' },
        { ...first, subject: 'bob' },
      ]) {
        const made = code(foreign)
        assert.equal(await store.saveCode(made, foreign), 'gone')
        assert.equal(await store.findCode(made.hash, start), undefined)
      }
      await store.revokeGrant(first.id, revoking())
      const late = code(first)
      assert.equal(await store.saveCode(late, first), 'gone')
      assert.equal(await store.findCode(late.hash, start), undefined)
      for (const nobody of [grant({ clientId: 'nobody' }), grant({ subject: 'nobody' })]) {
        assert.equal(await store.saveCode(code(nobody), nobody), 'gone')
        assert.equal(await store.getGrant(nobody.id), undefined)
      }
      assert.deepEqual((await store.getGrant(first.id))?.scopes, ['me', 'more'])
    },
  ),
  withWorld(
    'many codes for one new grant at once are all saved',
    async ({ callers, store }) => {
      const of = grant()
      const codes = callers(12).map(() => code(of))
      const answers = await Promise.all(
        callers(12).map((each, index) => each.saveCode(codes[index] ?? code(of), of)),
      )
      assert.equal(count(answers, 'saved'), 12)
      for (const { hash } of codes) assert.equal((await store.findCode(hash, start))?.status, 'live')
    },
    4,
  ),
  withWorld(
    'SECURITY 96: of many codes for one pushed request, one is made',
    async ({ callers, store }) => {
      const request = {
        hash: unique('par'),
        clientId: 'app',
        parameters: { scope: 'me' },
        createdAt: start,
        expiresAt: start + minute,
      }
      await store.savePushedRequest(request)
      const stranger = grant({ clientId: 'app' })
      await store.createClient(client('other'))
      const others = grant({ clientId: 'other' })
      assert.equal(await store.saveCode(code(others), others, { pushedRequest: request.hash }), 'gone')
      const late = code(stranger, { createdAt: request.expiresAt, expiresAt: request.expiresAt + minute })
      assert.equal(await store.saveCode(late, stranger, { pushedRequest: request.hash }), 'gone')
      assert.equal((await store.findPushedRequest(request.hash, start))?.status, 'live')

      const grants = callers(12).map(() => grant())
      const answers = await Promise.all(
        callers(12).map((each, index) => {
          const of = grants[index] ?? grant()
          return each.saveCode(code(of), of, { pushedRequest: request.hash })
        }),
      )
      assert.equal(count(answers, 'saved'), 1)
      for (const [index, of] of grants.entries()) {
        assert.equal((await store.getGrant(of.id)) !== undefined, answers[index] === 'saved')
      }
      assert.equal((await store.findPushedRequest(request.hash, start))?.status, 'spent')
    },
    4,
  ),
  withWorld('what needs no code is issued in one step, to those who are alive', async ({ store }) => {
    const of = grant()
    const issued = issuedFor(of.id)
    assert.equal(await store.issue({ clientId: 'app', grant: of, now: start, ...issued }), 'issued')
    await assertWritten(store, of.id, issued)
    const own = accessToken({ subject: 'app' })
    assert.equal(await store.issue({ clientId: 'app', now: start, accessTokens: [own] }), 'issued')
    assert.deepEqual(await store.findAccessToken(own.hash, start), { ...own, status: 'live' })

    const refused = issuedFor(of.id)
    await store.revokeGrant(of.id, revoking())
    assert.equal(await store.issue({ clientId: 'app', grant: of, now: start, ...refused }), 'gone')
    const foreign = grant({ subject: 'nobody' })
    assert.equal(await store.issue({ clientId: 'app', grant: foreign, now: start, ...refused }), 'gone')
    assert.equal(await store.issue({ clientId: 'other', grant: grant(), now: start, ...refused }), 'gone')
    assert.equal(await store.issue({ clientId: 'nobody', now: start, ...refused }), 'gone')
    await assertAbsent(store, refused)
    assert.equal(await eventsOf(store, of.id), 1)
  }),
  withWorld(
    'SECURITY 81: the grants of a user and of a client are listed while they are alive',
    async ({ store, place }) => {
      await place.addSubject('bob')
      const mine = [await login(store), await login(store)].map((each) => each.grant.id)
      const his = (await login(store, grant({ subject: 'bob' }))).grant.id
      const dead = (await login(store)).grant.id
      await store.revokeGrant(dead, revoking())
      const ids = async (page: object) =>
        (await store.listGrants({ limit: 9, now: start, ...page })).map(({ id }) => id)
      assert.deepEqual(await ids({ subject: 'alice' }), mine.toSorted())
      assert.deepEqual(await ids({ clientId: 'app' }), [...mine, his].toSorted())
      assert.deepEqual(await ids({ subject: 'alice', after: mine.toSorted()[0] }), mine.toSorted().slice(1))
      assert.deepEqual(await ids({ subject: 'alice', now: start + 40 * day }), [])
    },
  ),
  withWorld(
    'a family without a refresh token is what the tokens of a code are revoked by',
    async ({ store }) => {
      const of = grant()
      const made = code(of)
      await store.saveCode(made, of)
      const { refreshToken: _, ...bare } = family({ expiresAt: start + minute })
      const access = accessToken({ grantId: of.id, familyId: bare.id })
      assert.equal(
        await store.redeemCode(made.hash, start, { family: bare, accessTokens: [access] }),
        'redeemed',
      )
      assert.equal((await store.findCode(made.hash, start))?.familyId, bare.id)
      assert.equal(await store.revokeFamily(bare.id, revoking()), true)
      assert.equal((await store.findAccessToken(access.hash, start))?.status, 'revoked')
      assert.equal(await store.isRevoked({ familyId: bare.id, issuedAt: start }), true)
    },
  ),
]

/** Everything of this was written, and is alive. */
export async function assertWritten(store: GrantStore, grantId: string, issued: IssuedFamily): Promise<void> {
  assert.equal((await store.getFamily(issued.family.id))?.grantId, grantId)
  const refresh = await store.findRefresh(issued.family.refreshToken?.hash ?? '', start)
  assert.equal(refresh?.status, 'live')
  for (const token of issued.accessTokens) {
    assert.deepEqual(await store.findAccessToken(token.hash, start), { ...token, status: 'live' })
  }
}

async function assertAbsent(store: GrantStore, issued: IssuedFamily): Promise<void> {
  assert.equal(await store.getFamily(issued.family.id), undefined)
  assert.equal(await store.findRefresh(issued.family.refreshToken?.hash ?? '', start), undefined)
  for (const { hash, familyId } of issued.accessTokens) {
    const found = await store.findAccessToken(hash, start)
    assert.equal(found === undefined || found.familyId !== familyId || familyId === undefined, true)
  }
}

async function eventsOf(store: GrantStore, grantId: string): Promise<number> {
  const events = await store.listAudit({ type: 'code.redeemed', limit: 1000 })
  return events.filter((event) => event.grantId === grantId).length
}
