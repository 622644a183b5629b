/** A request from a person's browser: whose it is, and the page or the address it is answered with. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { randomToken } from '../../crypto/random.ts'
import { deriveKey } from '../../crypto/seal.ts'
import { expireCookie, readCookie, serializeCookie } from '../../http/cookies.ts'
import { crossSite, csrfToken, isCsrfToken } from '../../http/csrf.ts'
import type { AuthorizationAnswer } from '../../protocol/authorization-response.ts'
import type { Html } from '../../http/html.ts'
import { HttpError } from '../../http/http-error.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { assetPath, formPostScript } from './assets.ts'
import type { PageContext, PageForm, Pages, PageSet } from './pages.ts'

/** Holds the secret of a login session (RFC 6265bis: the prefix keeps other hosts from setting it). */
const sessionCookie = '__Host-gatewright-session'
/** Tells one browser from another, logged in or not: flows and forms belong to it. It opens nothing. */
const browserCookie = '__Host-gatewright-browser'

/** What a form is for: one that was made before a login is worth nothing for what comes after it. */
export type FormPurpose = 'login' | 'session'

/** A browser that asks for something. */
export interface Visit {
  readonly request: Request
  readonly address: string | undefined
  readonly browserHash: string
  readonly session: StoredSession | undefined
  readonly pages: Pages
  readonly context: PageContext
  /** The pages of this visit are in the first of these languages (BCP 47) that there are words in, if there is one. */
  preferLanguages(tags: readonly string[]): void
  /** A form for the pages of this visit. */
  form(path: string, purpose: FormPurpose): PageForm
  /**
   * Whether a form that came is one of ours, from this browser.
   *
   * @throws {HttpError} 403 when it is not.
   */
  checkForm(csrf: string | undefined, purpose: FormPurpose): void
  /** Sets the session cookie with the answer; `undefined` takes it away. */
  keepSession(value: string | undefined): void
  /** A page. `formTarget` is where a form of it may end up besides here. */
  page(status: number, page: Html, options?: PageOptions): Response
  /** RFC 9700 §4.12: 303, so that nothing that was posted is posted again elsewhere. */
  redirect(location: string): Response
  /** The way back to an application. */
  answer(answer: AuthorizationAnswer): Response
}

/** What goes with a page. */
export interface PageOptions {
  /** The redirect URI behind the form: some browsers hold `form-action` against redirects as well. */
  readonly formTarget?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the page has our script. */
  readonly hasScript?: boolean
}

/** The path of the style sheet; its name changes with its content. */
export function stylesheetPath(settings: Settings, { styles }: PageSet): string {
  return assetPath(settings, styles, 'css')
}

/** Looks at who comes. */
export async function visitOf(
  { settings, sessions }: Service,
  set: PageSet,
  request: Request,
  address: string | undefined,
): Promise<Visit> {
  const cookies = request.headers.get('cookie')
  const known = readCookie(cookies, browserCookie)
  const browser = known !== undefined && /^[\w-]{43}$/.test(known) ? known : randomToken(32)
  const newCookies: string[] = browser === known ? [] : [serializeCookie(browserCookie, browser)]
  const session = await sessions.find(readCookie(cookies, sessionCookie))
  const key = deriveKey(settings.secretKey, 'gatewright forms')
  const boundTo = (purpose: FormPurpose): string =>
    purpose === 'login' ? `login.${browser}` : `session.${browser}.${session?.id ?? ''}`
  let kept: string | undefined

  function headersOf(more: Readonly<Record<string, string>>): Headers {
    const headers = new Headers({ ...pageHeaders(settings), ...more })
    for (const cookie of newCookies) headers.append('set-cookie', cookie)
    if (kept !== undefined) headers.append('set-cookie', kept)
    return headers
  }

  let context = pageContext(settings, set, request)
  const page: Visit['page'] = (status, document, { formTarget, hasScript, headers = {} } = {}) =>
    new Response(document.toString(), {
      status,
      headers: headersOf({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy(formTarget, hasScript),
        ...headers,
      }),
    })
  const redirect: Visit['redirect'] = (location) =>
    new Response(null, { status: 303, headers: headersOf({ location }) })

  return {
    request,
    address,
    browserHash: sha256Base64url(browser),
    session,
    pages: set.pages,
    get context() {
      return context
    },
    preferLanguages(tags) {
      const language = firstOf(set.languages, tags)
      if (language !== undefined) context = { ...context, language }
    },
    form: (path, purpose) => ({
      action: `${settings.basePath}${path}`,
      csrf: csrfToken(key, boundTo(purpose)),
    }),
    checkForm(csrf, purpose) {
      if (
        crossSite(request, [new URL(settings.issuer).origin]) ||
        !isCsrfToken(key, boundTo(purpose), csrf)
      ) {
        throw new HttpError(403, 'The form was not sent from our own page')
      }
    },
    keepSession(value) {
      kept =
        value === undefined
          ? expireCookie(sessionCookie)
          : serializeCookie(sessionCookie, value, { maxAge: settings.lifetimes.sessionAbsolute })
    },
    page,
    redirect,
    answer: (answer) =>
      answer.form === undefined
        ? redirect(answer.location)
        : page(200, formPost(settings, set, context, answer), {
            formTarget: answer.location,
            hasScript: true,
          }),
  }
}

/** The page that posts an answer to an application. */
export function formPost(
  settings: Settings,
  { pages }: PageSet,
  context: PageContext,
  { location, form = [] }: AuthorizationAnswer,
): Html {
  const script = assetPath(settings, formPostScript, 'js')
  return pages.formPost({ action: location, fields: form, script }, context)
}

/** What a page is shown with. */
export function pageContext(settings: Settings, set: PageSet, request: Request): PageContext {
  return {
    language: languageOf(set.languages, request),
    serviceName: settings.serviceName,
    stylesheet: stylesheetPath(settings, set),
  }
}

/** RFC 9700 §4.2.4, and what browsers are told of every page: not in frames, no guessing, no word of where one came from. */
export function pageHeaders({ issuer }: Settings): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    ...(issuer.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

/** The policy of a page: nothing but our own style sheet and pictures; a script only where there is one, and of our own. */
export function policy(formTarget?: string, hasScript = false): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    ...(hasScript ? ["script-src 'self'"] : []),
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action 'self'${formTargets(formTarget)}`,
  ].join('; ')
}

/**
 * Chromium holds `form-action` against every redirect after a form, the client's own ones included, and shows nothing
 * when one is not named. So the kind of address is named that the client is at.
 */
function formTargets(redirectUri: string | undefined): string {
  if (redirectUri === undefined) return ''
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(redirectUri)?.[1]?.toLowerCase()
  if (scheme === undefined) return ''
  if (scheme !== 'http') return ` ${scheme}:`
  return ' http://localhost:* http://127.0.0.1:* http://[::1]:* https:'
}

function languageOf(languages: readonly string[], request: Request): string {
  const asked = (request.headers.get('accept-language') ?? '').split(',', 20)
  const tags = asked.map((each) => each.split(';')[0]?.trim() ?? '')
  return firstOf(languages, tags) ?? languages[0] ?? 'en'
}

/** The language of the first tag that there is one for: `de-CH` is read by who reads `de`. */
function firstOf(languages: readonly string[], tags: readonly string[]): string | undefined {
  for (const each of tags.slice(0, 20)) {
    const tag = each.toLowerCase()
    const found = languages.find(
      (language) => language.toLowerCase() === tag || tag.startsWith(`${language.toLowerCase()}-`),
    )
    if (found !== undefined) return found
  }
  return undefined
}
