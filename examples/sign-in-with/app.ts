/** Notes: people sign in with another service. The app keeps no accounts, no passwords, and has no server for that. */

import { api, json, optional, sameOrigin } from 'gatewright'
import { signInWith } from 'gatewright/sign-in'
import type { SignInOptions } from 'gatewright/sign-in'
import { z } from 'zod'

const Note = z.object({ text: z.string().max(1000) })
const welcome = '<h1>Notes</h1><p><a href="/sign-in?next=/me">Sign in</a></p>'
const signedIn =
  '<h1>Notes</h1><p>You are signed in.</p><form method="post" action="/sign-in/out"><button>Sign out</button></form>'

export function notes({
  origin,
  database,
  providers,
}: Pick<SignInOptions, 'origin' | 'database' | 'providers'>) {
  const signIn = signInWith({ origin, database, providers, serviceName: 'Notes' })
  const { currentUser } = signIn
  const all: { text: string; owner: string }[] = []

  // Browsers send the cookie for other sites too: `sameOrigin` turns away what those begin.
  return api({ title: 'Notes', guard: sameOrigin() })
    .mount(signIn)
    .onStop(signIn.close)
    .get('/', { person: optional(currentUser) }, ({ person }) =>
      page(person === undefined ? welcome : signedIn),
    )
    .get('/me', { person: currentUser }, ({ person }) => person)
    .get('/notes', { person: currentUser }, ({ person }) =>
      all.filter(({ owner }) => owner === keyOf(person)),
    )
    .post('/notes', { person: currentUser, note: json(Note) }, { status: 201 }, ({ person, note }) => {
      all.push({ ...note, owner: keyOf(person) })
      return note
    })
}

/** A person is these three, whatever they are called there by now. */
function keyOf({ provider, issuer, subject }: { provider: string; issuer: string; subject: string }): string {
  return JSON.stringify([provider, issuer, subject])
}

function page(content: string): Response {
  return new Response(`<!doctype html><title>Notes</title>${content}`, {
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
}
