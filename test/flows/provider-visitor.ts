/** Somebody who goes through the pages of another provider: keeps its cookies, fills in its forms, and is sent back. */

/** Sends one request to the provider. */
type Send = (url: string, init: RequestInit) => Promise<Response>

/**
 * Goes on from an address until the provider sends the browser elsewhere.
 *
 * @param fields What is typed, by the names of the fields; a form gets those that it has.
 * @returns Where to.
 */
export async function passedThrough(
  send: Send,
  from: string | undefined,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const jar = new Map<string, string>()
  const { origin } = new URL(from ?? '')
  let url = from ?? ''
  let init: RequestInit = {}
  for (let hop = 0; hop < 20; hop += 1) {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const answer = await send(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location !== null) {
      url = new URL(location, url).href
      if (new URL(url).origin !== origin) return url
      init = {}
      continue
    }
    const page = await answer.text()
    const [form = ''] = /<form[\s\S]*?<\/form>/.exec(page) ?? []
    if (form === '') throw new Error(`A page without a form: ${answer.status} ${page.slice(0, 500)}`)
    const body = new URLSearchParams()
    for (const [input] of form.matchAll(/<(?:input|button)[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1]
      if (name === undefined) continue
      const typed = fields[name]
      if (typed !== undefined) body.set(name, typed)
      else if (/type="hidden"/.test(input)) body.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? '')
    }
    url = new URL((/action="([^"]*)"/.exec(form)?.[1] ?? '').replaceAll('&amp;', '&'), url).href
    init = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
      body: body.toString(),
    }
  }
  throw new Error('It goes round in circles')
}
