/** The routes of an app that signs people in with providers: a page with buttons, the way there and back, and the way out. */

import { createHash } from 'node:crypto'
import { clientAddress, request } from '../api/context.ts'
import { postedForm } from '../api/posted-form.ts'
import type { Router } from '../api/router.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { randomToken } from '../crypto/random.ts'
import { deriveKey } from '../crypto/seal.ts'
import { expireCookie, readCookie, serializeCookie } from '../http/cookies.ts'
import { crossSite, csrfToken, isCsrfToken } from '../http/csrf.ts'
import { HttpError } from '../http/http-error.ts'
import type { Html } from '../http/html.ts'
import { sortParameters } from '../protocol/parameters.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import type { LoginAttemptStore } from '../store/ports/identities.ts'
import { beginAttempt, returnedAttempt } from '../server/federation/attempts.ts'
import type { AttemptWorld } from '../server/federation/attempts.ts'
import { forwarded } from '../server/federation/posted-answer.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type { Provider } from '../server/federation/provider.ts'
import type { ProviderProblem } from '../server/interaction/pages.ts'
import type { SignInPages } from '../server/interaction/sign-in-page.ts'
import { place } from '../server/rate-limits.ts'
import { localPath } from './local-path.ts'
import { personOf } from './visitors.ts'
import type { SignedInPerson, VisitorLifetimes, Visitors } from './visitors.ts'

/** What is open. */
export interface OpenSignIn {
  readonly attempts: LoginAttemptStore
  readonly visitors: Visitors
  /** Counts something; answers whether it may be. */
  readonly hit: (key: string) => Promise<boolean>
}

/** An app that people sign in to. */
export interface SignInSite {
  readonly origin: string
  readonly path: string
  readonly home: string
  readonly isDevelopment: boolean
  readonly providers: ReadonlyMap<string, Provider>
  readonly secretKey: string
  readonly serviceName: string
  readonly allow: ((person: SignedInPerson) => boolean | Promise<boolean>) | undefined
  readonly lifetimes: Required<VisitorLifetimes>
  readonly pages: SignInPages
  readonly now: () => number
  readonly report: (error: unknown) => void
  readonly open: () => Promise<OpenSignIn>
}

/** Tells one browser from another. It opens nothing. */
const browserCookie = '__Host-sign-in-browser'
const sessionCookie = '__Host-sign-in'

/** What an attempt is for. */
interface Purpose {
  readonly next: string
}

/** Adds them. Answers the name of the session's cookie. */
export function addSignInRoutes(routes: Router, site: SignInSite): string {
  const { path, pages } = site
  const open = { open: true, hidden: true } as const
  const styles = stylesheet(site)
  routes.get(styles, {}, open, () => {
    const headers = {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    }
    return new Response(pages.styles, { headers: { ...headers, 'x-content-type-options': 'nosniff' } })
  })
  routes.get(path, { request }, open, ({ request }) => show(site, request, 200))
  routes.post(`${path}/out`, { request }, open, ({ request }) => out(site, request))
  for (const provider of site.providers.values()) {
    routes.post(
      `${path}/with/${provider.id}`,
      { request, address: clientAddress, form: postedForm },
      { ...open, limits: { body: 4096, fields: 10 } },
      async ({ request, address, form }) => begin(site, provider, request, address, await form()),
    )
    routes.get(`${path}/callback/${provider.id}`, { request }, open, ({ request }) =>
      cameBack(site, provider, request),
    )
    if (provider.postsAnswer === true) {
      routes.post(
        `${path}/callback/${provider.id}`,
        { form: postedForm },
        { ...open, limits: { body: 65_536, fields: 20 } },
        async ({ form }) =>
          redirect(site, forwarded(site.secretKey, callbackOf(site, provider), await form()), []),
      )
    }
  }
  return sessionCookie
}

async function begin(
  site: SignInSite,
  provider: Provider,
  request: Request,
  address: string | undefined,
  form: SentParameters,
): Promise<Response> {
  const browser = browserOf(request)
  const sent = sortParameters(form)
  if (crossSite(request, [site.origin]) || !isCsrfToken(keyOf(site), browser.id, sent.one('csrf'))) {
    throw new HttpError(403, 'The form was not sent from our own page')
  }
  const { hit } = await site.open()
  if (!(await hit(`sign-in:${sha256Base64url(place(address))}`))) {
    throw new HttpError(429, 'Too many requests, try again later', { headers: { 'retry-after': '300' } })
  }
  const next = localPath(sortParameters(queryOf(request)).one('next')) ?? site.home
  try {
    const location = await beginAttempt<Purpose>(await worldOf(site), provider, {
      browserHash: sha256Base64url(browser.id),
      redirectUri: callbackOf(site, provider),
      purpose: { next },
    })
    return redirect(site, location, browser.cookies)
  } catch (error) {
    return failed(site, provider, next, error)
  }
}

function callbackOf({ origin, path }: SignInSite, { id }: Provider): string {
  // SECURITY: of the options, whatever host the request says that it is for.
  return `${origin}${path}/callback/${id}`
}

async function cameBack(site: SignInSite, provider: Provider, request: Request): Promise<Response> {
  const browser = browserOf(request)
  const world = await worldOf(site)
  const parameters = queryOf(request)
  const attempt = await returnedAttempt<Purpose>(world, provider, sha256Base64url(browser.id), parameters)
  if (attempt === undefined) return problemAt(site, provider, site.home, 'expired')
  const { next } = attempt.purpose
  let person: SignedInPerson
  try {
    person = personOf(provider, await attempt.login())
  } catch (error) {
    return failed(site, provider, next, error)
  }
  if (site.allow !== undefined && !(await site.allow(person))) {
    return problemAt(site, provider, next, 'not_allowed')
  }
  const { visitors } = await site.open()
  const cookie = await visitors.start(person, sessionIn(request))
  const maxAge = Math.floor(site.lifetimes.absolute)
  return redirect(site, next, [serializeCookie(sessionCookie, cookie, { maxAge })])
}

/** Ends the session on the server as well: what the cookie holds is worth nothing from then on. */
async function out(site: SignInSite, request: Request): Promise<Response> {
  // SECURITY: a form of the app's own pages, and of no other site.
  if (crossSite(request, [site.origin], { strict: true })) {
    throw new HttpError(403, 'Another site began this request')
  }
  const { visitors } = await site.open()
  await visitors.end(sessionIn(request))
  return redirect(site, site.home, [expireCookie(sessionCookie)])
}

function failed(site: SignInSite, provider: Provider, next: string, error: unknown): Response {
  if (!(error instanceof ProviderError)) throw error
  if (error.fault !== 'cancelled') site.report(error)
  return problemAt(site, provider, next, error.fault)
}

function problemAt(
  site: SignInSite,
  { id }: Provider,
  next: string,
  problem: ProviderProblem['problem'],
): Response {
  const query = new URLSearchParams({ problem, provider: id, next })
  return redirect(site, `${site.path}?${query.toString()}`, [])
}

function show(site: SignInSite, request: Request, status: number): Response {
  const browser = browserOf(request)
  const sent = sortParameters(queryOf(request))
  const next = localPath(sent.one('next'))
  const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`
  const csrf = csrfToken(keyOf(site), browser.id)
  const providers = [...site.providers.values()].map(({ id, name }) => ({
    name,
    form: { action: `${site.path}/with/${id}${query}`, csrf },
  }))
  const provider = site.providers.get(sent.one('provider') ?? '')
  const found = problems.find((each) => each === sent.one('problem'))
  const problem =
    found === undefined || provider === undefined ? undefined : { problem: found, name: provider.name }
  const language = languageOf(site.pages.languages, request)
  const context = { language, serviceName: site.serviceName, stylesheet: stylesheet(site) }
  return page(site, status, site.pages.page({ providers, problem }, context), browser.cookies)
}

const problems: readonly ProviderProblem['problem'][] = [
  'cancelled',
  'refused',
  'unavailable',
  'expired',
  'not_allowed',
]

function page(site: SignInSite, status: number, document: Html, cookies: readonly string[]): Response {
  const elsewhere = site.isDevelopment ? 'http://localhost:* http://127.0.0.1:* https:' : 'https:'
  const headers = headersOf(site, cookies)
  headers.set('content-type', 'text/html; charset=utf-8')
  headers.set(
    'content-security-policy',
    `default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${elsewhere}`,
  )
  return new Response(document.toString(), { status, headers })
}

function redirect(site: SignInSite, location: string, cookies: readonly string[]): Response {
  const headers = headersOf(site, cookies)
  headers.set('location', location)
  return new Response(null, { status: 303, headers })
}

function headersOf({ origin }: SignInSite, cookies: readonly string[]): Headers {
  const headers = new Headers({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    ...(origin.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return headers
}

function browserOf(request: Request): { readonly id: string; readonly cookies: readonly string[] } {
  const known = readCookie(request.headers.get('cookie'), browserCookie)
  if (known !== undefined && /^[\w-]{43}$/.test(known)) return { id: known, cookies: [] }
  const id = randomToken(32)
  return { id, cookies: [serializeCookie(browserCookie, id)] }
}

function sessionIn(request: Request): string | undefined {
  return readCookie(request.headers.get('cookie'), sessionCookie)
}

function queryOf(request: Request): SentParameters {
  return [...new URL(request.url).searchParams]
}

function stylesheet({ path, pages }: SignInSite): string {
  const name = createHash('sha256').update(pages.styles).digest('base64url').slice(0, 16)
  return `${path}/${name}.css`
}

function languageOf(languages: readonly string[], request: Request): string {
  const asked = (request.headers.get('accept-language') ?? '').slice(0, 200).toLowerCase()
  const found = asked.split(',').find((each) => languages.includes(each.trim().slice(0, 2)))
  return found?.trim().slice(0, 2) ?? languages[0] ?? 'en'
}

function keyOf({ secretKey }: SignInSite): Uint8Array {
  return deriveKey(secretKey, 'gatewright sign-in forms')
}

async function worldOf({ now, isDevelopment, secretKey, open }: SignInSite): Promise<AttemptWorld> {
  const { attempts: store } = await open()
  return { now, isDevelopment, secretKey, store }
}
