/** A browser without a screen: follows redirects inside the server, keeps cookies, sends the forms of pages. */

import { sha256Base64url } from '../../src/crypto/hash.ts'
import type { Api } from '../../src/api/api.ts'
import { issuer, verifier } from './server-world.ts'
import type { World } from './server-world.ts'

/** Where a browser came to: a page, or the address of a client. */
export interface Arrived {
  readonly status: number
  /** The path of the page. */
  readonly path: string
  readonly body: string
  readonly headers: Headers
  /** Where it was sent, outside of the server. */
  readonly location: string | undefined
}

/** A browser with its own cookies. */
export interface JarBrowser {
  open(url: string): Promise<Arrived>
  /** Sends a form of a page: the first, or the first with a field of this name; its hidden fields, with these over them. */
  submit(
    page: Arrived,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
    field?: string,
  ): Promise<Arrived>
  cookie(name: string): string | undefined
  plant(name: string, value: string): void
  /** The `Cookie` header it would send. */
  header(): string
  /** Every `Set-Cookie` so far. */
  readonly setCookies: readonly string[]
}

/** Opens a browser, for a server at an address. */
export function browserOf(app: Pick<Api, 'request'>, address: string = issuer): JarBrowser {
  const jar = new Map<string, string>()
  const setCookies: string[] = []
  const header = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  async function go(url: string, init: RequestInit = {}): Promise<Arrived> {
    let next = { url, init }
    for (let hop = 0; hop < 10; hop++) {
      const headers = new Headers(next.init.headers)
      if (jar.size > 0) headers.set('cookie', header())
      const response = await app.request(next.url, { ...next.init, headers })
      for (const cookie of response.headers.getSetCookie()) {
        setCookies.push(cookie)
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (/max-age=0/i.test(cookie)) jar.delete(name)
        else jar.set(name, value)
      }
      const location = response.headers.get('location')
      const { pathname } = new URL(next.url)
      const here = { status: response.status, path: pathname, headers: response.headers }
      if (location === null) return { ...here, body: await response.text(), location: undefined }
      const target = URL.parse(location, next.url)
      if (target?.origin !== new URL(address).origin) return { ...here, body: '', location }
      next = { url: target.href, init: {} }
    }
    throw new Error('More than ten redirects')
  }

  return {
    open: (url) => go(url),
    submit(page, fields, headers = {}, field) {
      const forms = [...page.body.matchAll(/<form[\s\S]*?<\/form>/g)].map(([text]) => text)
      const form = forms.find((text) => field === undefined || text.includes(`name="${field}"`)) ?? ''
      const action = unescaped(/action="([^"]*)"/.exec(form)?.[1] ?? '')
      const body = new URLSearchParams()
      for (const [input] of form.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(input)?.[1]
        if (name === undefined || name in fields || !/type="hidden"/.test(input)) continue
        body.append(name, unescaped(/value="([^"]*)"/.exec(input)?.[1] ?? ''))
      }
      for (const [name, value] of Object.entries(fields)) body.append(name, value)
      return go(new URL(action, address).href, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: new URL(address).origin,
          ...headers,
        },
        body: body.toString(),
      })
    },
    cookie: (name) => jar.get(name),
    plant: (name, value) => void jar.set(name, value),
    header,
    setCookies,
  }
}

/** The address that a client sends a browser to. */
export function requestUrl(at: World, clientId: string, more: Readonly<Record<string, string>> = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: at.redirectUri(clientId),
    code_challenge: sha256Base64url(verifier),
    code_challenge_method: 'S256',
    scope: 'read',
    ...more,
  }
  return `${issuer}/authorize?${new URLSearchParams(parameters).toString()}`
}

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
