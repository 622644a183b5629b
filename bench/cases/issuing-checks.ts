/** Every answer that a token endpoint owes, asked of a contender before it is measured. */

import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import type { Running } from '../harness/contender.ts'
import type { Place } from '../harness/places.ts'
import { audience, issuer } from '../harness/tokens.ts'
import type { Answer, Form } from './token-endpoint.ts'
import { askToken, clientCredentials, jwksUrl, mint, redemption, refreshing } from './token-endpoint.ts'

/** How to see from outside that its state is in a database. */
export interface Durable {
  readonly place: Place
  /** Counts the refresh tokens there are, used ones included. */
  readonly count: string
}

/** Throws for the first answer that is wrong. Answers what is only otherwise than the specifications have it. */
export async function checkIssuing(
  running: Running,
  algorithm: string,
  durable: Durable | undefined,
): Promise<readonly string[]> {
  const notes: string[] = []
  const keys = await keysOf(running)

  const own = await good(clientCredentials)
  isToken(own.body['access_token'], 'items:read')
  const stranger = await askToken(running, clientCredentials, 'wrong-secret-of-at-least-32-characters')
  refused(stranger, 'invalid_client', 'a wrong secret', 401)
  const more = await askToken(running, { ...clientCredentials, scope: 'items:read nonsense' })
  if (more.status === 200) {
    isToken(more.body['access_token'], 'items:read')
    notes.push('leaves an unknown scope out instead of refusing it')
  } else refused(more, 'invalid_scope', 'an unknown scope')

  const [code = '', other = '', third = ''] = await mint(running, 3)
  refused(
    await askToken(running, { ...redemption(code), code_verifier: 'x'.repeat(43) }),
    'invalid_grant',
    'a wrong verifier',
  )
  const again = await askToken(running, redemption(code))
  if (again.status !== 200) notes.push('a code is used up by a wrong verifier')
  const redeemed = await good(redemption(other))
  isToken(redeemed.body['access_token'], 'items:read', 'items:write')
  refused(await askToken(running, redemption(other)), 'invalid_grant', 'a code for the second time')

  const first = String((await good(redemption(third))).body['refresh_token'])
  const rotated = await good(refreshing(first))
  isToken(rotated.body['access_token'], 'items:read', 'items:write')
  const second = String(rotated.body['refresh_token'])
  assert.notEqual(second, first, 'the refresh token is not rotated')
  const repeated = await askToken(running, refreshing(first))
  if (repeated.status === 200) {
    // A retry window: nothing new may come of it, and it ends when the successor is used.
    assert.deepEqual(repeated.body, rotated.body, 'a used refresh token gets new tokens')
    notes.push('a used refresh token gets the identical answer again, until its successor is used')
    await good(refreshing(second))
    refused(await askToken(running, refreshing(first)), 'invalid_grant', 'a refresh token that was used')
  } else refused(repeated, 'invalid_grant', 'a refresh token that was used')

  if (durable !== undefined) await checkDurable(durable)
  return notes

  /** What is refused in other words than RFC 6749 §5.2 has is refused all the same. */
  function refused({ status, body }: Answer, error: string, what: string, right = 400): void {
    assert.ok(status >= 400 && status < 500, `${what}: ${status}`)
    assert.ok(!('access_token' in body), what)
    const said = `${status} ${String(body['error'])}`
    if (said !== `${right} ${error}`) notes.push(`answers ${said} to ${what}`)
  }

  async function good(form: Form): Promise<Answer> {
    const answer = await askToken(running, form)
    assert.equal(
      answer.status,
      200,
      `${form['grant_type']}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 200)}`,
    )
    return answer
  }

  /** RFC 9068, as far as all go along. */
  function isToken(token: unknown, ...scopes: string[]): void {
    const [head = '', body = '', signature = ''] = String(token).split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    assert.equal(header['alg'], algorithm)
    const key = keys.get(header['kid'])
    assert.ok(key !== undefined, 'the key of a token is not in the key set')
    const signed = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key,
      Buffer.from(signature, 'base64url'),
    )
    assert.ok(signed, 'the signature of a token is wrong')
    assert.deepEqual([claims['iss'], [claims['aud']].flat()], [issuer, [audience]])
    const extra = String(claims['scope'])
      .split(' ')
      .filter((scope) => scope !== 'offline_access')
    assert.deepEqual(extra.toSorted(), scopes.toSorted(), 'the scope of a token')
    assert.ok(Number(claims['exp']) * 1000 > Date.now())
  }

  async function checkDurable({ place, count }: Durable): Promise<void> {
    const [chain = ''] = await mint(running, 1)
    let token = String((await good(redemption(chain))).body['refresh_token'])
    const before = await rowsOf(place, count)
    for (let at = 0; at < 20; at++) token = String((await good(refreshing(token))).body['refresh_token'])
    const after = await rowsOf(place, count)
    assert.equal(after - before, 20, `20 refreshes left ${after - before} rows in the database`)
  }
}

async function rowsOf(place: Place, count: string): Promise<number> {
  const [row = {}] = await place.sql(count)
  return Number(Object.values(row)[0])
}

async function keysOf(running: Running): Promise<ReadonlyMap<unknown, ReturnType<typeof createPublicKey>>> {
  const { keys } = (await (await fetch(jwksUrl(running))).json()) as { keys: readonly JsonWebKey[] }
  return new Map(keys.map((jwk) => [jwk['kid'], createPublicKey({ key: jwk, format: 'jwk' })]))
}
