/** The page for a device's code (RFC 8628 §3.3): somebody who is logged in enters it, sees who asks, and decides. */

import { HttpError } from '../../http/http-error.ts'
import { formatUserCode, normalizeUserCode } from '../../protocol/device-code.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import type { DeviceCodePage } from '../interaction/device-page.ts'
import { deviceInteractionOf } from '../interaction/device.ts'
import type { DevicePerson, PendingDevice } from '../interaction/device.ts'
import { pageClient } from '../interaction/page-client.ts'
import { pageScopes } from '../interaction/page-scopes.ts'
import { personOf } from './consent.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'
import { whenSignedIn } from './signed-in.ts'

/** Adds `/device`, the `verification_uri` of every device. */
export function addDevicePage(site: PageSite): void {
  addPage(site, '/device', {
    shown: (asked) => {
      const typed = sortParameters(asked.query).one('user_code')
      return whenSignedIn(asked, { next: pageOf(typed), isIssuing: true }, (session) =>
        shown(asked, session, typed),
      )
    },
    posted: (asked) => {
      const typed = sortParameters(asked.form).one('user_code')
      return whenSignedIn(asked, { next: pageOf(typed), isIssuing: true }, (session) =>
        posted(asked, session, typed ?? ''),
      )
    },
  })
}

/** The page with this code in it. What can be no code does not get into an address. */
function pageOf(typed: string | undefined): string {
  const code = typed === undefined ? undefined : normalizeUserCode(typed)
  return code === undefined ? '/device' : `/device?user_code=${formatUserCode(code)}`
}

/** RFC 8628 §3.3.1: a link with the code in it fills the field, and no more: only what this session entered goes on. */
async function shown(
  asked: PageRequest,
  session: StoredSession,
  typed: string | undefined,
): Promise<Response> {
  const devices = deviceInteractionOf(asked.open)
  const pending = typed === undefined ? undefined : await devices.find(typed, personAt(asked, session))
  if (pending !== undefined) return confirm(asked, session, pending)
  return enter(asked, session, 200, { userCode: typed })
}

async function posted(asked: PageRequest, session: StoredSession, typed: string): Promise<Response> {
  const { open, visit } = asked
  const sent = sortParameters(asked.form)
  visit.checkForm(sent.one('csrf'), 'session')
  const devices = deviceInteractionOf(open)
  const person = personAt(asked, session)
  const decision = sent.one('decision')
  if (decision === undefined) return claimed(asked, session, typed)
  const isAllowed = decision === 'allow'
  // Anything but a clear yes is a no.
  const isDecided = isAllowed ? await devices.approve(typed, person) : await devices.deny(typed, person)
  if (!isDecided) return enter(asked, session, 422, { error: 'unknown' })
  return visit.page(200, visit.pages.device({ step: 'done', isAllowed }, visit.context))
}

async function claimed(asked: PageRequest, session: StoredSession, typed: string): Promise<Response> {
  const { open, visit } = asked
  try {
    const pending = await deviceInteractionOf(open).claim(typed, personAt(asked, session))
    if (pending === undefined) return await enter(asked, session, 422, { userCode: typed, error: 'unknown' })
    // To a page that can be loaded again.
    return visit.redirect(open.settings.basePath + pageOf(pending.userCode))
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 429) throw error
    const retryAfter = Number(error.headers['retry-after'])
    return enter(asked, session, 429, { userCode: typed, error: 'too_many', retryAfter })
  }
}

async function enter(
  { open, visit }: PageRequest,
  session: StoredSession,
  status: number,
  more: Pick<DeviceCodePage, 'userCode' | 'error' | 'retryAfter'>,
): Promise<Response> {
  const { userCode, retryAfter } = more
  const page: DeviceCodePage = {
    step: 'enter',
    form: visit.form('/device', 'session'),
    person: await personOf(open, session),
    ...more,
    userCode: userCode?.slice(0, 64),
  }
  return visit.page(status, visit.pages.device(page, visit.context), {
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  })
}

async function confirm(
  { open, visit }: PageRequest,
  session: StoredSession,
  { client, scopes, resources, userCode }: PendingDevice,
): Promise<Response> {
  const { settings } = open
  const isRefreshed = client.metadata.grantTypes.includes('refresh_token')
  const page = {
    step: 'confirm',
    form: visit.form('/device', 'session'),
    client: pageClient(client),
    person: await personOf(open, session),
    userCode,
    scopes: pageScopes(open, scopes, resources),
    resources: resources.map((resource) => settings.resources.get(resource)?.name ?? resource),
    ...(isRefreshed ? { days: Math.floor(settings.lifetimes.refreshAbsolute / 86_400) } : {}),
  } as const
  return visit.page(200, visit.pages.device(page, visit.context))
}

function personAt({ visit }: PageRequest, { subject, id, authTime, methods }: StoredSession): DevicePerson {
  return { subject, sessionId: id, authTime, methods, address: visit.address }
}
