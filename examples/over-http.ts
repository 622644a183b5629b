/** For the tests: serves an example on a free port and talks to it as `curl` would. */

import type { Api } from 'gatewright'
import { afterAll } from 'vitest'

/** A served example. */
export interface Served {
  readonly url: string
  /** Sends a request; the body of the answer is parsed where it is JSON. */
  send(method: string, path: string, request?: Sent): Promise<Answer>
  /** Gets a token by the password form, as the Authorize dialog does. */
  logIn(username: string, password: string, scope?: string): Promise<string>
}

/** What goes with a request: one kind of body, and headers. */
interface Sent {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** What came back. */
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

const cleanUps: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

/** Serves an application until the tests of the file are over. */
export async function served(app: Api): Promise<Served> {
  const listener = await app.listen({ port: 0 })
  cleanUps.push(() => listener.close())
  return talkingTo(listener.url)
}

/** Talks to what is served at a URL. */
export function talkingTo(url: string): Served {
  const send: Served['send'] = async (method, path, { token, headers, form, json } = {}) => {
    const body = json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json)
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    const parsed: unknown = isJson ? JSON.parse(text) : text
    return { status: response.status, headers: response.headers, body: parsed }
  }
  return {
    url,
    send,
    async logIn(username, password, scope = '') {
      const { status, body } = await send('POST', '/token', { form: { username, password, scope } })
      const token = (body as { readonly access_token?: string }).access_token
      if (status !== 200 || token === undefined)
        throw new Error(`No token: ${status} ${JSON.stringify(body)}`)
      return token
    },
  }
}
