/** What the account pages have in common: who sees them, how new their login is, and the frame around each. */

import { sortParameters } from '../../../protocol/parameters.ts'
import type { Parameters } from '../../../protocol/parameters.ts'
import type { StoredSession } from '../../../store/grant-store.ts'
import type { Account } from '../../accounts/types.ts'
import type { AccountFrame, AccountNotice, AccountSectionName } from '../../interaction/account-pages.ts'
import { canMail } from '../../mail/mailroom.ts'
import type { Settings } from '../../settings.ts'
import { addPage } from '../page-request.ts'
import type { PageRequest, PageSite } from '../page-request.ts'
import { recently, whenSignedIn } from '../signed-in.ts'

interface Section {
  readonly name: AccountSectionName
  /** Below the issuer. */
  readonly path: string
  /** Whether it is there on this server; always unless told. */
  readonly isOffered?: (settings: Settings) => boolean
}

/** Every section, in the order of the navigation. Each has words in the pages, and endpoints in a file beside this one. */
const sections: readonly Section[] = [
  { name: 'overview', path: '/account' },
  { name: 'profile', path: '/account/profile' },
  { name: 'email', path: '/account/email', isOffered: canMail },
  { name: 'password', path: '/account/password' },
  { name: 'factors', path: '/account/security' },
  { name: 'sessions', path: '/account/sessions' },
  { name: 'applications', path: '/account/applications' },
  { name: 'removal', path: '/account/removal', isOffered: (settings) => settings.accountRemoval },
]

/** What an address may say has been done: nothing else is repeated on a page. */
const notices: ReadonlySet<string> = new Set<AccountNotice>([
  'profile',
  'password',
  'session',
  'sessions',
  'application',
  'factor',
  'factor_removed',
])

/** A request of somebody who is logged in, about their own account. */
export interface AccountRequest extends PageRequest {
  readonly session: StoredSession
  readonly account: Account
  readonly frame: AccountFrame
  /** The fields of the form; of a GET there are none. */
  readonly sent: Parameters
}

/** How a section works. */
export interface AccountWork {
  readonly shown: (asked: AccountRequest) => Promise<Response>
  readonly posted?: (asked: AccountRequest) => Promise<Response>
  /**
   * What needs a login of the last 15 minutes (ASVS 7.5.1): its forms, or the page as well where a login in between would
   * lose what was typed. Nothing unless told.
   */
  readonly needsRecent?: 'forms' | 'page'
  /** A page of the section besides its first, below its path: `/app`. */
  readonly below?: string
  /** Where to come back to after a login in between, below the issuer; the section's first page unless told. */
  readonly next?: (asked: PageRequest) => string
}

/** Adds the page of a section, if this server has it. */
export function addAccountPage(site: PageSite, name: AccountSectionName, work: AccountWork): void {
  const section = offered(site.settings).find((each) => each.name === name)
  if (section === undefined) return
  const { posted, shown, needsRecent, below = '', next = () => section.path } = work
  const path = section.path + below
  const guarded = (
    asked: PageRequest,
    isRecent: boolean,
    what: (asked: AccountRequest) => Promise<Response>,
  ): Promise<Response> =>
    whenSignedIn(asked, { next: next(asked), ...(isRecent ? { maxAge: recently } : {}) }, async (session) => {
      const sent = sortParameters(asked.form)
      if (asked.visit.request.method === 'POST') asked.visit.checkForm(sent.one('csrf'), 'session')
      const account = await asked.open.accounts.get(session.subject)
      // Removed while its session was looked at.
      if (account === undefined)
        return asked.visit.redirect(`${asked.open.settings.basePath}/login?next=${section.path}`)
      return what({ ...asked, session, account, sent, frame: frameOf(asked, account, name) })
    })
  addPage(site, path, {
    shown: (asked) => guarded(asked, needsRecent === 'page', shown),
    ...(posted === undefined
      ? {}
      : { posted: (asked: PageRequest) => guarded(asked, needsRecent !== undefined, posted) }),
  })
}

/** Back to a section, which says what has been done. 303, so that loading it again does nothing again. */
export function doneWith(
  { open, visit }: PageRequest,
  name: AccountSectionName,
  notice: AccountNotice,
): Response {
  const { settings } = open
  const path = offered(settings).find((section) => section.name === name)?.path ?? '/account'
  return visit.redirect(`${settings.basePath}${path}?done=${notice}`)
}

function frameOf(
  { open: { settings }, query }: PageRequest,
  { username, name, email }: Account,
  current: AccountSectionName,
): AccountFrame {
  const { basePath } = settings
  const done = sortParameters(query).one('done')
  return {
    person: { username, name, email },
    sections: offered(settings).map((section) => ({
      name: section.name,
      href: basePath + section.path,
    })),
    current,
    signOutHref: `${basePath}/logout`,
    notice: isNotice(done) ? done : undefined,
  }
}

function isNotice(done: string | undefined): done is AccountNotice {
  return done !== undefined && notices.has(done)
}

function offered(settings: Settings): readonly Section[] {
  return sections.filter(({ isOffered }) => isOffered?.(settings) !== false)
}
