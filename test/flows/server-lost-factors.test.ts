/** Somebody has lost every second factor, or their password, and an administrator helps: what that does, and who may; on both databases. */

import { describe, expect, test, vi } from 'vitest'
import type { MailMessage } from '../../src/server/mail/mail.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { adminWorld, allAdminScopes, password } from './admin-world.ts'
import type { AdminWorld } from './admin-world.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { aliceAddress, linkIn, otherPassword } from './mail-world.ts'
import { logIn, withApp } from './second-factor-person.ts'
import { issuer } from './server-world.ts'

/** A server with mail, where alice has an address and an authenticator app. */
async function place(dialect: Dialect, more: Parameters<typeof adminWorld>[1] = {}) {
  const sent: MailMessage[] = []
  const at = await adminWorld(dialect, {
    mail: { from: 'no-reply@auth.test', send: async (message) => void sent.push(message) },
    ...more,
  })
  await at.accounts.update(at.alice, { email: aliceAddress, emailVerified: true })
  const browser = browserOf(at.server.app)
  await withApp(at, browser)
  // Behind the answer: what is counted from here on begins without it.
  await arrived(sent, 'An authenticator app was added')
  const tokens = await at.tokens('web')
  return { at, sent, browser, tokens }
}

/** The mail that says this, as soon as it is there. */
function arrived(sent: readonly MailMessage[], words: string): Promise<MailMessage> {
  return vi.waitFor(
    () => {
      const found = sent.find(({ text }) => text.includes(words))
      if (found === undefined) throw new Error(`No mail says: ${words}`)
      return found
    },
    { timeout: 20_000 },
  )
}

/** How many factors somebody has, recovery codes included. */
async function factors(at: AdminWorld, subject = at.alice): Promise<number> {
  return (await at.store.listAuthenticators(subject)).length
}

/** A page of the administration, and its form for this. */
async function form(browser: JarBrowser, id: string, action: string): Promise<Arrived> {
  const page = await browser.open(`${issuer}/admin/users/${id}`)
  const body = (page.body.match(/<form[\s\S]*?<\/form>/g) ?? []).find((each) =>
    each.includes(`value="${action}"`),
  )
  return { ...page, body: body ?? '' }
}

/** The same fields in a form that the page has not: its token is right. */
function forged(page: Arrived, id: string): Arrived {
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
  return {
    ...page,
    body: `<form action="/admin/users/${id}"><input type="hidden" name="csrf" value="${csrf}"></form>`,
  }
}

async function administrator(at: AdminWorld, username = 'root'): Promise<JarBrowser> {
  const browser = browserOf(at.server.app)
  await logIn(browser, `${issuer}/admin`, username)
  return browser
}

/** Somebody who may change accounts, and nothing else. */
async function helper(at: AdminWorld, scopes: readonly string[]): Promise<{ id: string; token: string }> {
  const { id } = await at.accounts.create({ username: 'helper', password, scopes })
  return { id, token: await at.token(scopes, id) }
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 200: without second factors again, a person logs in with the password, and nobody else stays in', async () => {
    const { at, sent, browser, tokens } = await place(dialect)
    expect(await factors(at)).toBe(11)
    const half = browserOf(at.server.app)
    const waiting = await logIn(half)
    expect(waiting.path).toBe('/login/second-factor')
    await at.accounts.update(at.alice, { scopes: ['admin:users:read'] })
    const token = await at.token(['admin:users:read'], at.alice)
    expect((await at.call('GET', '/users', { token })).status).toBe(200)
    expect((await at.call('DELETE', `/users/${at.alice}/factors`)).status).toBe(204)
    // An access token as well, in this process before anybody hears that it is done.
    expect((await at.call('GET', '/users', { token })).status).toBe(401)
    expect(await factors(at)).toBe(0)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
    expect((await browser.open(`${issuer}/account/security`)).path).toBe('/login')
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    // Whoever knew the password and waited before the second factor is not let in by this.
    expect((await half.submit(waiting, { code: '123456' })).path).not.toBe('/account/security')
    expect(half.cookie('__Host-gatewright-session')).toBeUndefined()
    const again = browserOf(at.server.app)
    expect((await logIn(again)).path).toBe('/account/security')
    const [event] = await at.store.listAudit({ limit: 1, type: 'account.factors_reset' })
    expect(event).toMatchObject({ subject: at.alice, details: { by: at.root, with: 'web2' } })
    expect(at.events.filter(({ type }) => type === 'account.factors_reset')).toHaveLength(1)
    // SECURITY 212: and they are told.
    const mail = await arrived(sent, 'taken all second factors')
    expect(mail.to).toBe(aliceAddress)
    // There is nothing left to take, and that is no error.
    expect((await at.call('DELETE', `/users/${at.alice}/factors`)).status).toBe(204)
    expect((await at.call('DELETE', '/users/nobody/factors')).status).toBe(404)
  })

  test('SECURITY 185: factors and passwords are reset only with the scope, never of somebody with more rights, nor of oneself', async () => {
    const { at, sent } = await place(dialect)
    const before = sent.length
    const count = await factors(at)
    const other = await helper(at, ['admin:users:read', 'admin:users:write'])
    await at.accounts.update(at.root, { email: 'root@example.com' })
    const reader = await at.token(allAdminScopes.filter((scope) => scope !== 'admin:users:write'))
    const paths = [
      ['DELETE', 'factors'],
      ['POST', 'password-reset'],
    ] as const
    for (const [method, what] of paths) {
      const unscoped = await at.call(method, `/users/${at.alice}/${what}`, { token: reader })
      expect([what, unscoped.status]).toEqual([what, 403])
      expect(unscoped.headers.get('www-authenticate')).toContain('admin:users:write')
      const beyond = await at.call(method, `/users/${at.root}/${what}`, { token: other.token })
      expect([what, beyond.status]).toEqual([what, 403])
    }
    // Alice has a right that the helper has not.
    await at.accounts.update(at.alice, { scopes: ['admin:keys:write'] })
    for (const [method, what] of paths) {
      const answer = await at.call(method, `/users/${at.alice}/${what}`, { token: other.token })
      expect([what, answer.status]).toEqual([what, 403])
    }
    expect((await at.call('DELETE', `/users/${other.id}/factors`, { token: other.token })).status).toBe(409)
    const browser = await administrator(at, 'helper')
    for (const action of ['reset_factors', 'send_reset']) {
      expect((await form(browser, at.alice, action)).body).toBe('')
      const own = await browser.open(`${issuer}/admin/users/${other.id}`)
      const answer = await browser.submit(forged(own, at.alice), { action })
      expect([action, answer.status]).toEqual([action, 403])
    }
    await at.accounts.update(at.alice, { scopes: [] })
    await at.accounts.create({ username: 'viewer', password, scopes: ['admin:users:read'] })
    const viewer = await administrator(at, 'viewer')
    for (const action of ['reset_factors', 'send_reset']) {
      const login = await viewer.open(`${issuer}/logout`)
      const answer = await viewer.submit(forged(login, at.alice), { action })
      expect([action, answer.status]).toEqual([action, 403])
    }
    const root = await administrator(at)
    expect((await form(root, at.root, 'reset_factors')).body).toBe('')
    const own = await root.open(`${issuer}/admin/users/${at.root}`)
    expect((await root.submit(forged(own, at.root), { action: 'reset_factors' })).status).toBe(409)
    expect(await factors(at)).toBe(count)
    expect(sent).toHaveLength(before)
    expect(await at.store.listAudit({ limit: 9, type: 'account.factors_reset' })).toEqual([])
    expect(await at.store.listAudit({ limit: 9, type: 'link.requested' })).toEqual([])
  })

  test('SECURITY 208: on the page both need a login of the last minutes', async () => {
    const { at, sent } = await place(dialect)
    const root = await administrator(at)
    const reset = await form(root, at.alice, 'reset_factors')
    const send = await form(root, at.alice, 'send_reset')
    expect(send.body).not.toBe('')
    const before = sent.length
    at.clock.now += 20 * 60_000
    for (const page of [reset, send]) {
      const action = page === reset ? 'reset_factors' : 'send_reset'
      expect((await root.submit(page, { action })).path).toBe('/login')
    }
    expect(await factors(at)).toBe(11)
    expect(sent).toHaveLength(before)
    const fresh = await administrator(at)
    const done = await fresh.submit(await form(fresh, at.alice, 'reset_factors'), {})
    expect([done.status, done.body.includes('The second factors are gone')]).toEqual([200, true])
    expect(await factors(at)).toBe(0)
    expect((await form(fresh, at.alice, 'reset_factors')).body).toBe('')
    const asked = await fresh.submit(await form(fresh, at.alice, 'send_reset'), {})
    expect([asked.status, asked.body.includes('The link is on its way')]).toEqual([200, true])
    const mail = await arrived(sent, 'ask you to set another password')
    // SECURITY 229: whoever asked for the link sees nothing of it.
    expect(asked.body).not.toContain(new URL(linkIn(mail)).searchParams.get('token'))
  })

  test('SECURITY 229: an administrator sends a link to set a password, and sees neither', async () => {
    const { at, sent } = await place(dialect)
    const answer = await at.call('POST', `/users/${at.alice}/password-reset`)
    expect([answer.status, answer.body]).toEqual([202, { sent: true }])
    const mail = await arrived(sent, 'ask you to set another password')
    expect(mail.to).toBe(aliceAddress)
    const token = new URL(linkIn(mail)).searchParams.get('token') ?? ''
    expect([...answer.headers.values()].join()).not.toContain(token)
    const [event] = await at.store.listAudit({ limit: 1, type: 'link.requested' })
    expect(event).toMatchObject({
      subject: at.alice,
      details: { purpose: 'reset', by: at.root, with: 'web2' },
    })
    expect(JSON.stringify(await at.call('GET', '/audit'))).not.toContain(token)
    // Nobody chooses it for somebody else.
    const chosen = { body: { password: otherPassword } }
    expect((await at.call('PATCH', `/users/${at.alice}`, chosen)).status).toBe(422)
    await at.accounts.authenticate({ username: 'alice', password })
    const browser = browserOf(at.server.app)
    const question = await browser.open(linkIn(mail))
    const done = await browser.submit(question, { password: otherPassword, repeat: otherPassword })
    expect(done.status).toBe(200)
    await at.accounts.authenticate({ username: 'alice', password: otherPassword })
    // SECURITY 228: the second factor is asked for all the same.
    const login = await browser.open(`${issuer}/login?next=/account`)
    const after = await browser.submit(login, { username: 'alice', password: otherPassword })
    expect(after.path).toBe('/login/second-factor')
  })

  test('no link is sent where none can arrive, nor more than a mailbox should get', async () => {
    const { at, sent } = await place(dialect, { rateLimits: { mailbox: { points: 2, seconds: 600 } } })
    const path = `/users/${at.alice}/password-reset`
    const links = () => sent.filter(({ subject }) => subject.startsWith('Set another password'))
    await at.accounts.update(at.alice, { disabled: true })
    const disabled = await at.call('POST', path)
    expect([disabled.status, disabled.body['detail']]).toEqual([409, 'The account is disabled'])
    await at.accounts.update(at.alice, { disabled: false })
    expect((await at.call('POST', path)).status).toBe(202)
    const refused = await at.call('POST', path)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '600'])
    await arrived(sent, 'ask you to set another password')
    await at.accounts.update(at.alice, { email: null })
    const unknown = await at.call('POST', path)
    expect([unknown.status, unknown.body['detail']]).toEqual([409, 'The account has no e-mail address'])
    expect((await at.call('POST', '/users/nobody/password-reset')).status).toBe(404)
    expect(links()).toHaveLength(1)
    const mute = await adminWorld(dialect)
    await mute.accounts.update(mute.alice, { email: aliceAddress })
    const silent = await mute.call('POST', `/users/${mute.alice}/password-reset`)
    expect([silent.status, silent.body['detail']]).toEqual([409, 'This server sends no mail'])
    const browser = await administrator(mute)
    expect((await form(browser, mute.alice, 'send_reset')).body).toBe('')
  })
})
