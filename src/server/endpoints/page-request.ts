/** Requests for pages: read, answered with HTML or a redirect, and whatever goes wrong is a page as well. */

import { randomUUID } from 'node:crypto'
import { clientAddress, request } from '../../api/context.ts'
import { postedForm } from '../../api/posted-form.ts'
import type { Router } from '../../api/router.ts'
import type { Html } from '../../http/html.ts'
import { HttpError } from '../../http/http-error.ts'
import { AuthorizationError } from '../../protocol/authorization-error.ts'
import { authorizationAnswer, errorResponse } from '../../protocol/authorization-response.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { DatabaseError } from '../../store/database-error.ts'
import type { ErrorPage, PageSet } from '../interaction/pages.ts'
import { formPost, pageContext, pageHeaders, policy, visitOf } from '../interaction/visit.ts'
import type { Visit } from '../interaction/visit.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'

/** What a page's work is given. */
export interface PageRequest {
  readonly open: Service
  readonly visit: Visit
  /** Of the address. */
  readonly query: SentParameters
  /** The form that was posted; of a GET it is empty. */
  readonly form: SentParameters
}

/** Where pages are served from. */
export interface PageSite {
  readonly routes: Router<string>
  readonly service: () => Promise<Service>
  readonly settings: Settings
  readonly set: PageSet
}

/** Serves a page: shows it, and where there is `posted` takes its form. */
export function addPage(
  { routes, service, settings, set }: PageSite,
  path: string,
  work: {
    readonly shown: (asked: PageRequest) => Promise<Response>
    readonly posted?: (asked: PageRequest) => Promise<Response>
  },
): void {
  const contract = { open: true, hidden: true, limits: { body: 65_536, fields: 200 } } as const
  const answer = async (
    wanted: Request,
    address: string | undefined,
    form: () => Promise<SentParameters>,
    what: (asked: PageRequest) => Promise<Response>,
  ): Promise<Response> => {
    try {
      const open = await service()
      const visit = await visitOf(open, set, wanted, address)
      const query = [...new URL(wanted.url).searchParams]
      return await what({ open, visit, query, form: await form() })
    } catch (error) {
      return failed(settings, set, wanted, error)
    }
  }
  routes.get(path, { request, address: clientAddress }, contract, ({ request, address }) =>
    answer(request, address, async () => [], work.shown),
  )
  const { posted } = work
  if (posted === undefined) return
  routes.post(
    path,
    { request, address: clientAddress, form: postedForm },
    contract,
    ({ request, address, form }) => answer(request, address, form, posted),
  )
}

/** RFC 6749 §4.1.2.1: with a target the client is told; without, the person and no one else. */
function failed(settings: Settings, set: PageSet, request: Request, error: unknown): Response {
  const headers = pageHeaders(settings)
  if (error instanceof AuthorizationError && error.target !== undefined) {
    const answer = authorizationAnswer(error.target, errorResponse(error.target, settings.issuer, error))
    const { location, form } = answer
    if (form === undefined) return new Response(null, { status: 303, headers: { ...headers, location } })
    const page = formPost(settings, set, pageContext(settings, set, request), answer)
    return document(page, 200, headers, policy(location, true))
  }
  const { page, more } = errorPageOf(settings, error)
  return document(
    set.pages.error(page, pageContext(settings, set, request)),
    page.status,
    { ...headers, ...more },
    policy(),
  )
}

function document(
  page: Html,
  status: number,
  headers: Readonly<Record<string, string>>,
  contentSecurityPolicy: string,
): Response {
  return new Response(page.toString(), {
    status,
    headers: {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
    },
  })
}

function errorPageOf(
  settings: Settings,
  error: unknown,
): { readonly page: ErrorPage; readonly more?: Readonly<Record<string, string>> } {
  if (error instanceof AuthorizationError) {
    return { page: { status: error.status, problem: 'request', description: error.message } }
  }
  if (error instanceof HttpError) {
    if (error.status === 503) settings.report(error)
    const { status, message: description, headers: more } = error
    if (status === 410) return { page: { status, problem: 'expired' }, more }
    const problem = status === 403 ? 'cross_site' : status >= 500 ? 'unavailable' : 'request'
    return { page: { status, problem, description }, more }
  }
  const isPassing =
    (error instanceof DatabaseError && error.isTransient) ||
    (error instanceof OAuthError && error.status === 503)
  if (isPassing) {
    settings.report(error)
    return { page: { status: 503, problem: 'unavailable' }, more: { 'retry-after': '1' } }
  }
  if (error instanceof OAuthError) {
    return { page: { status: error.status, problem: 'request', description: error.message } }
  }
  const requestId = randomUUID()
  settings.report(new Error(`A page failed (${requestId})`, { cause: error }))
  return { page: { status: 500, problem: 'unexpected', requestId } }
}

/** The page for a flow that is not there: too old, done, or begun in another browser. */
export function expired({ visit }: PageRequest): Response {
  return visit.page(410, visit.pages.error({ status: 410, problem: 'expired' }, visit.context))
}
