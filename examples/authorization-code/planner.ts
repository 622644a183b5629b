/** A web application on its own address: it signs its user in at the service, and reads their notes there. */

import { api, cookie, request, response } from 'gatewright'
import type { Api } from 'gatewright'
import * as oauth from 'openid-client'
import { z } from 'zod'
import { clientSecret } from './service.ts'

/** What is kept of a sign-in until the user is back, by the value of a cookie. */
interface Begun {
  readonly verifier: string
  readonly state: string
}

/** The application. */
export async function planner(issuer: string, callback: string): Promise<Api> {
  // Everything about the service is in its metadata (RFC 8414).
  const service = await oauth.discovery(
    new URL(issuer),
    'planner',
    undefined,
    oauth.ClientSecretBasic(clientSecret),
    {
      algorithm: 'oauth2',
      execute: [oauth.allowInsecureRequests], // http, because all of this is on one computer
    },
  )
  const begun = new Map<string, Begun>()

  return api({ title: 'Planner', docs: false })
    .get('/', {}, () => page('<h1>Planner</h1><a href="/sign-in">Sign in with Notes</a>'))
    .get('/sign-in', { response }, async ({ response }) => {
      const verifier = oauth.randomPKCECodeVerifier()
      const state = oauth.randomState()
      const browser = crypto.randomUUID()
      begun.set(browser, { verifier, state })
      response.setCookie('planner', browser)
      const { href } = oauth.buildAuthorizationUrl(service, {
        redirect_uri: callback,
        scope: 'notes:read',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      })
      response.status = 303
      response.headers.set('location', href)
    })
    .get(
      '/callback',
      { browser: cookie(z.string(), { name: 'planner' }), request },
      async ({ browser, request }) => {
        const { verifier, state } = begun.get(browser) ?? { verifier: '', state: '' }
        begun.delete(browser)
        const answer = new URL(callback)
        answer.search = new URL(request.url).search
        if (answer.searchParams.has('error')) return page('<h1>You did not sign in</h1><a href="/">Back</a>')
        // Checks the state and the issuer (RFC 9207), and trades the code with the secret and the verifier.
        const tokens = await oauth.authorizationCodeGrant(service, answer, {
          pkceCodeVerifier: verifier,
          expectedState: state,
        })
        const notes = await fetch(`${issuer}/notes`, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        })
        const [note] = z.array(z.object({ title: z.string(), owner: z.string() })).parse(await notes.json())
        return page(`<h1>Hello ${escaped(note?.owner)}</h1><p>On your list: ${escaped(note?.title)}</p>`)
      },
    )
}

function page(body: string): Response {
  const document = `<!doctype html><html lang="en"><title>Planner</title><body>${body}</body></html>`
  return new Response(document, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}

function escaped(text = ''): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
