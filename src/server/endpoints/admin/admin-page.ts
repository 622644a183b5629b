/** What the admin pages have in common: who sees them, how new their login is, and what is said when something is wrong. */

import { HttpError } from '../../../http/http-error.ts'
import { sortParameters } from '../../../protocol/parameters.ts'
import type { Parameters } from '../../../protocol/parameters.ts'
import { AccountError } from '../../accounts/error.ts'
import type { AccountErrorCode } from '../../accounts/error.ts'
import type { Account } from '../../accounts/types.ts'
import { actorOf } from '../../admin/actor.ts'
import type { Actor } from '../../admin/actor.ts'
import type { AdminScope } from '../../admin/scopes.ts'
import { ClientError } from '../../clients.ts'
import type {
  AdminFrame,
  AdminNotice,
  AdminPages,
  AdminProblem,
  AdminProblemCode,
  AdminRefusalPage,
  AdminSectionName,
} from '../../interaction/admin-pages.ts'
import { addPage } from '../page-request.ts'
import type { PageRequest, PageSite } from '../page-request.ts'
import { recently, whenSignedIn } from '../signed-in.ts'

interface Section {
  readonly name: AdminSectionName
  readonly path: string
  /** What an administrator needs to see it; for the first page any scope of the admin API. */
  readonly scope?: AdminScope
}

/** Every section, in the order of the navigation. */
const sections: readonly Section[] = [
  { name: 'overview', path: '/admin' },
  { name: 'users', path: '/admin/users', scope: 'admin:users:read' },
  { name: 'clients', path: '/admin/clients', scope: 'admin:clients:read' },
  { name: 'keys', path: '/admin/keys', scope: 'admin:keys:read' },
  { name: 'audit', path: '/admin/audit', scope: 'admin:audit:read' },
]

/** What an address may say has been done: nothing else is repeated on a page. */
const notices: readonly AdminNotice[] = [
  'changed',
  'removed',
  'ended',
  'revoked',
  'rotated',
  'factors_reset',
  'reset_sent',
]

/** A request of an administrator. */
export interface AdminRequest extends PageRequest {
  readonly actor: Actor
  /** The pages, loaded when they were first wanted. */
  readonly pages: AdminPages
  readonly frame: AdminFrame
  /** The last part of the address, where the page is about one thing. */
  readonly id: string
  /** The address of this page, below the issuer. */
  readonly path: string
  /** The fields of the form; of a GET there are none. */
  readonly sent: Parameters
  /** The parameters of the address. */
  readonly asked: Parameters
}

/** How a page works. */
export interface AdminWork {
  /** @param failed What was sent and is wrong: it is shown again with the reason. */
  readonly shown: (request: AdminRequest, failed?: Failed) => Promise<Response>
  readonly posted?: (request: AdminRequest) => Promise<Response>
}

/** Why a form was not taken, and the status of the page that says so. */
export interface Failed {
  readonly status: number
  readonly problem: AdminProblem
}

/** A form that cannot be taken. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem'
  readonly code: AdminProblemCode

  constructor(code: AdminProblemCode) {
    super(code)
    this.code = code
  }
}

const repeatable: ReadonlySet<string> = new Set(['scope'])

/** Adds a page, for administrators who may see its section. */
export function addAdminPage(site: PageSite, path: string, name: AdminSectionName, work: AdminWork): void {
  const { admin } = site.set
  const section = sections.find((each) => each.name === name)
  if (admin === undefined || section === undefined) return

  async function guarded(
    page: PageRequest,
    what: (request: AdminRequest) => Promise<Response>,
  ): Promise<Response> {
    const { visit, open } = page
    const here = new URL(visit.request.url).pathname.slice(open.settings.basePath.length).replace(/\/$/, '')
    const isPost = visit.request.method === 'POST'
    return whenSignedIn(page, isPost ? { next: here } : {}, async (session) => {
      const sent = sortParameters(page.form, repeatable)
      if (isPost) visit.checkForm(sent.one('csrf'), 'session')
      const [account, pages] = await Promise.all([open.accounts.get(session.subject), admin?.()])
      // Removed while its session was looked at.
      if (account === undefined || pages === undefined)
        return visit.redirect(`${open.settings.basePath}/login?next=/admin`)
      const { address } = visit
      const actor = await actorOf(open, { subject: account.id, scopes: account.scopes, address })
      const isMissing =
        section?.scope === undefined ? actor.scopes.size === 0 : !actor.scopes.has(section.scope)
      if (isMissing) return refused(page, pages, account, 'forbidden')
      const asked = sortParameters(page.query)
      const request: AdminRequest = {
        ...page,
        actor,
        pages,
        id: decodeURIComponent(here.split('/').at(-1) ?? ''),
        path: here,
        sent,
        asked,
        frame: frameOf(page, account, actor, name, asked.one('done')),
      }
      const run = (): Promise<Response> => orMissing(request, account, () => what(request))
      // What changes something needs somebody who has just shown who they are (ASVS 7.5.1).
      return isPost ? whenSignedIn(page, { maxAge: recently, next: here }, run) : run()
    })
  }

  const { posted, shown } = work
  addPage(site, path, {
    shown: (page) => guarded(page, (request) => shown(request)),
    ...(posted === undefined
      ? {}
      : { posted: (page: PageRequest) => guarded(page, (request) => tried(request, posted, shown)) }),
  })
}

/** Back to a page, which says what has been done. 303, so that loading it again does nothing again. */
export function doneWith({ open, visit }: PageRequest, path: string, notice: AdminNotice): Response {
  return visit.redirect(`${open.settings.basePath}${path}?done=${notice}`)
}

/** The frame of a page that says what is wrong. */
export function framed({ frame }: AdminRequest, failed: Failed | undefined): AdminFrame {
  return failed === undefined ? frame : { ...frame, notice: undefined, problem: failed.problem }
}

/** A name that somebody sent; what cannot be one gets to no database. */
export function nameIn(parameters: Parameters, field: string): string | undefined {
  const value = parameters.one(field)
  return value !== undefined && /^[\x21-\x7e]{1,200}$/.test(value) ? value : undefined
}

/** Takes a form; what is wrong with it is said on the page that it came from. */
async function tried(
  request: AdminRequest,
  posted: NonNullable<AdminWork['posted']>,
  shown: AdminWork['shown'],
): Promise<Response> {
  try {
    return await posted(request)
  } catch (error) {
    const failed = failedBy(error)
    if (failed === undefined) throw error
    return shown(request, failed)
  }
}

function failedBy(error: unknown): Failed | undefined {
  if (error instanceof FormProblem) return { status: 422, problem: { code: error.code } }
  if (error instanceof AccountError) {
    const code = accountProblems[error.code]
    return code && { status: error.status, problem: { code } }
  }
  if (error instanceof ClientError) {
    if (error.code === 'taken') return { status: 409, problem: { code: 'client_taken' } }
    if (error.code === 'unknown') return undefined
    return { status: error.code === 'fixed' ? 409 : 422, problem: { code: 'client', detail: error.message } }
  }
  if (error instanceof HttpError && error.status === 403) {
    return { status: 403, problem: { code: 'beyond', detail: error.message } }
  }
  if (error instanceof HttpError && error.status === 409) return { status: 409, problem: { code: 'own' } }
  return undefined
}

const accountProblems: Readonly<Partial<Record<AccountErrorCode, AdminProblemCode>>> = {
  username_taken: 'username_taken',
  invalid_username: 'username',
  invalid_name: 'name',
  invalid_email: 'email',
  no_such_account: 'gone',
}

/** What a page is about may not be there, or not any more. */
async function orMissing(
  request: AdminRequest,
  account: Account,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    const isMissing =
      (error instanceof HttpError && error.status === 404) ||
      (error instanceof ClientError && error.code === 'unknown')
    if (!isMissing) throw error
    return refused(request, request.pages, account, 'missing')
  }
}

function refused(
  { visit, open }: PageRequest,
  pages: AdminPages,
  { username, name }: Account,
  kind: AdminRefusalPage['kind'],
): Response {
  const signOutHref = `${open.settings.basePath}/logout`
  const homeHref = kind === 'missing' ? `${open.settings.basePath}/admin` : undefined
  const page = { kind, person: { username, name }, signOutHref, homeHref }
  return visit.page(kind === 'forbidden' ? 403 : 404, pages.refusal(page, visit.context))
}

function frameOf(
  { open: { settings } }: PageRequest,
  { username, name }: Account,
  actor: Actor,
  current: AdminSectionName,
  done: string | undefined,
): AdminFrame {
  const { basePath } = settings
  return {
    person: { username, name },
    sections: sections
      .filter(({ scope }) => scope === undefined || actor.scopes.has(scope))
      .map((section) => ({ name: section.name, href: basePath + section.path })),
    current,
    signOutHref: `${basePath}/logout`,
    notice: notices.find((notice) => notice === done),
  }
}
