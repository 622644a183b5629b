/**
 * No text of 16 KB costs much, wherever it is sent: none of the patterns that read it goes back over it again and again,
 * and no database refuses to be asked for it; over both databases.
 */

import { describe, expect, test } from 'vitest'
import { tokenTypes } from '../../src/protocol/token-exchange.ts'
import { dialects } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { mailWorld, password } from './mail-world.ts'
import { basic, bodyOf, issuer, secrets, serverOptions } from './server-world.ts'

const size = 16_000
/** In milliseconds of the processor. */
const limit = 20
/** Texts on which patterns that backtrack take time that grows with the square of the length, or faster. */
const texts: readonly (readonly string[])[] = [
  'a',
  ' ',
  '\t',
  '0',
  '-',
  '.',
  '/',
  '\\',
  '"',
  '=',
  ',',
  ';',
  '%',
  '@',
  'a.',
  'a@',
  '@a.',
  'a ',
  'a,',
  'a=b;',
  '%20',
  '%2',
  'é',
  '\u200b',
  'e\u0301',
  'http://',
  '::',
  '1:',
  '[',
  '{"a":',
  '\\"',
  'Bearer ',
  'a, ',
  '\u0000',
  '\ud800',
].map((piece) => {
  const text = piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
  return [text, `${text}!`, `x${text}`]
})

/** The processor time of this process, in milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const often = { points: 1e6, seconds: 60 }
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const asked = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'resource',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'max_age',
  'claims',
  'ui_locales',
  'acr_values',
  'login_hint',
  'id_token_hint',
  'response_mode',
  'request_uri',
]
const sent = [
  'accept-language',
  'cookie',
  'dpop',
  'authorization',
  'content-type',
  'user-agent',
  'origin',
  'sec-fetch-site',
]

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R20: 16 KB of anything, in any parameter, costs little', async () => {
    const { clients } = serverOptions('')
    const at = await mailWorld(dialect, {
      clients: [
        ...clients,
        {
          id: 'exchanger',
          secret: secrets['web'] ?? '',
          grantTypes: [exchange],
          exchange: { scopes: ['read'] },
        },
        {
          id: 'tv',
          tokenEndpointAuthMethod: 'none',
          grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'],
        },
      ],
      registration: { open: true },
      clientIdMetadataDocuments: true,
      report: () => undefined,
      rateLimits: {
        token: often,
        registration: often,
        introspection: often,
        clientFailures: often,
        mails: often,
      },
    })
    const { app } = at.server
    const { access_token: token } = await at.tokens('web')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    /** One of these fields has the text, the others are as they should be, so that it is come to. */
    const posted = (
      path: string,
      authorization: string,
      others: Readonly<Record<string, string>>,
      fields: readonly string[] = Object.keys(others),
    ) =>
      fields.map((field) => (text: string) => {
        const body = new URLSearchParams({ ...others, [field]: text }).toString()
        const headers = { ...form, ...(authorization === '' ? {} : { authorization }) }
        return app.request(issuer + path, { method: 'POST', headers, body })
      })
    const web = basic('web', secrets['web'] ?? '')
    const authorization = {
      client_id: 'web',
      redirect_uri: at.redirectUri('web'),
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    }
    // What is wrong about a request uses no code up.
    const approval = { subject: at.alice, authTime: at.clock.now }
    const pending = await at.interaction.begin(Object.entries({ ...authorization, scope: 'read' }))
    const code = new URL((await at.interaction.approve(pending, approval)).location).searchParams.get('code')
    const owner = browserOf(app)
    await owner.submit(await owner.open(`${issuer}/login?next=/account`), { username: 'alice', password })
    const typed = async (path: string, field: string, by: JarBrowser = owner) => {
      const page = await by.open(issuer + path)
      expect([path, page.body.includes(`name="${field}"`)]).toEqual([path, true])
      return (text: string) => by.submit(page, { [field]: text }, {}, field)
    }
    const requests: readonly ((text: string) => Promise<{ readonly status: number }>)[] = [
      ...posted('/token', basic('machine', secrets['machine'] ?? ''), { grant_type: 'client_credentials' }, [
        'grant_type',
        'scope',
        'resource',
      ]),
      ...posted(
        '/token',
        web,
        { grant_type: 'authorization_code', code: code ?? '', redirect_uri: at.redirectUri('web') },
        ['code', 'redirect_uri', 'code_verifier', 'resource'],
      ),
      ...posted('/token', web, { grant_type: 'refresh_token', refresh_token: 'x' }, [
        'refresh_token',
        'scope',
      ]),
      ...posted('/token', basic('exchanger', secrets['web'] ?? ''), {
        grant_type: exchange,
        subject_token: token,
        subject_token_type: tokenTypes.accessToken,
        audience: 'x',
        scope: 'read',
        requested_token_type: tokenTypes.accessToken,
      }),
      ...posted('/token', '', {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'tv',
        device_code: 'x',
      }),
      ...posted('/token', '', {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'x',
        client_secret: 'x',
      }),
      ...posted('/par', web, authorization, asked),
      ...posted('/introspect', basic('api-a', secrets['api-a'] ?? ''), { token, token_type_hint: 'x' }),
      ...posted('/revoke', web, { token: 'x', token_type_hint: 'x' }),
      ...posted('/device_authorization', '', { client_id: 'tv', scope: 'read', resource: issuer }),
      ...asked.map((name) => (text: string) => {
        const query = new URLSearchParams({ ...authorization, [name]: text.toWellFormed() })
        return app.request(`${issuer}/authorize?${query.toString()}`)
      }),
      ...['id_token_hint', 'post_logout_redirect_uri', 'client_id', 'logout_hint', 'ui_locales'].map(
        (name) => (text: string) =>
          app.request(`${issuer}/logout?${name}=${encodeURIComponent(text.toWellFormed())}`),
      ),
      ...sent.map(
        (name) => (text: string) =>
          app.request(`${issuer}/login?next=/account`, { headers: { [name]: latin(text) } }),
      ),
      ...sent.map(
        (name) => (text: string) => app.request(`${issuer}/userinfo`, { headers: { [name]: latin(text) } }),
      ),
      ...['Basic ', 'Bearer ', 'DPoP '].map(
        (scheme) => (text: string) =>
          app.request(`${issuer}/token`, {
            method: 'POST',
            headers: {
              ...form,
              authorization: scheme + (scheme === 'Basic ' ? btoa(latin(text)) : latin(text)),
            },
            body: 'grant_type=client_credentials',
          }),
      ),
      (text) => app.request(`${issuer}/login?next=${encodeURIComponent(text.toWellFormed())}`),
      await typed('/forgot-password', 'email', browserOf(app)),
      await typed('/device', 'user_code'),
      await typed('/account/profile', 'name'),
      await typed('/account/email', 'email'),
      ...['redirect_uris', 'client_name', 'scope', 'client_uri', 'jwks_uri', 'contacts'].map(
        (name) => (text: string) => {
          const value = name === 'redirect_uris' || name === 'contacts' ? [text] : text
          const body = JSON.stringify({ redirect_uris: ['https://x.test/cb'], [name]: value })
          return app.request(`${issuer}/register`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          })
        },
      ),
    ]
    // What is compiled once is not what is meant.
    for (const request of requests) await request(texts[0]?.[0] ?? '')
    const slow: string[] = []
    for (const [index, request] of requests.entries()) {
      // The patterns are the same with either database: of each piece one text is enough to ask the second one.
      for (const text of dialect === 'sqlite' ? texts.flat() : texts.flatMap(([, one = '']) => one)) {
        let best = Infinity
        // A pattern that is slow is so each time; a machine that does something else is not.
        for (let time = 0; time < 6 && best > limit; time += 1) {
          const before = spent()
          const { status } = await request(text)
          best = Math.min(best, spent() - before)
          if (status >= 500 && status !== 503)
            slow.push(`${index} ${JSON.stringify(text.slice(0, 10))}: ${status}`)
        }
        if (best > limit) slow.push(`${index} ${JSON.stringify(text.slice(0, 10))}: ${Math.round(best)} ms`)
      }
    }
    expect(slow).toEqual([])
    expect((await bodyOf(await at.post('/introspect', { token }, 'api-a')))['active']).toBe(true)
  }, 240_000)
})

/** What can stand in a header. */
function latin(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e]/g, '?')
}
