/** No text of 16 KB costs much, wherever it is sent: none of the patterns that read it goes back over it again and again. */

import { expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { basic, issuer, secrets, world } from './server-world.ts'

const size = 16_000
/** Texts on which patterns that backtrack take time that grows with the square of the length, or faster. */
const texts: readonly string[] = [
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
].flatMap((piece) => {
  const text = piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
  return [text, `${text}!`, `x${text}`]
})

/** The processor time of this process, in milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

test('SECURITY R20: 16 KB of anything, in any parameter, costs little', async () => {
  const at = await world('sqlite', {
    pages: defaultPages(),
    registration: { open: true },
    clientDocuments: true,
    report: () => undefined,
    rateLimits: { token: { points: 1e6, seconds: 60 }, registration: { points: 1e6, seconds: 60 } },
  } as Parameters<typeof world>[1])
  const { app } = at.server
  const authorization = basic('web', secrets['web'] ?? '')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = (path: string, fields: readonly string[]) =>
    fields.map((field) => (text: string) => {
      const others = { grant_type: 'client_credentials', client_id: 'web', response_type: 'code' }
      const body = new URLSearchParams({ ...others, [field]: text }).toString()
      return app.request(issuer + path, { method: 'POST', headers: { ...form, authorization }, body })
    })
  const asked = [
    'client_id',
    'redirect_uri',
    'scope',
    'resource',
    'state',
    'code_challenge',
    'prompt',
    'max_age',
    'claims',
    'ui_locales',
    'acr_values',
    'login_hint',
    'id_token_hint',
    'response_mode',
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
  const requests: readonly ((text: string) => Response | Promise<Response>)[] = [
    ...posted('/token', [
      'grant_type',
      'scope',
      'resource',
      'code',
      'refresh_token',
      'code_verifier',
      'client_assertion',
      'subject_token',
      'username',
    ]),
    ...posted('/par', asked),
    ...posted('/introspect', ['token', 'token_type_hint']),
    ...posted('/revoke', ['token']),
    ...posted('/device_authorization', ['scope']),
    ...posted('/forgot-password', ['email']),
    ...asked.map(
      (name) => (text: string) =>
        app.request(`${issuer}/authorize?client_id=web&${name}=${encodeURIComponent(text.toWellFormed())}`),
    ),
    ...sent.map(
      (name) => (text: string) =>
        app.request(`${issuer}/login?next=/account`, { headers: { [name]: latin(text) } }),
    ),
    ...sent.map(
      (name) => (text: string) => app.request(`${issuer}/userinfo`, { headers: { [name]: latin(text) } }),
    ),
    (text) => app.request(`${issuer}/login?next=${encodeURIComponent(text.toWellFormed())}`),
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
  for (const request of requests) await request(texts[0] ?? '')
  const slow: string[] = []
  for (const [index, request] of requests.entries()) {
    for (const text of texts) {
      let best = Infinity
      // A pattern that is slow is so each time; a machine that does something else is not.
      for (let time = 0; time < 6 && best > 50; time += 1) {
        const before = spent()
        const { status } = await request(text)
        best = Math.min(best, spent() - before)
        if (status >= 500 && status !== 503) slow.push(`${index} ${text.slice(0, 10)}: ${status}`)
      }
      if (best > 50) slow.push(`${index} ${JSON.stringify(text.slice(0, 10))}: ${Math.round(best)} ms`)
    }
  }
  expect(slow).toEqual([])
}, 240_000)

/** What can stand in a header. */
function latin(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e]/g, '?')
}
