/** The applications that somebody has let in, and how they are shut out again. */

import type { StoredGrant } from '../../../store/grant-store.ts'
import { auditEvent } from '../../audit.ts'
import type { AccountApplication } from '../../interaction/account-pages.ts'
import { pageClient } from '../../interaction/page-client.ts'
import { pageScopes } from '../../interaction/page-scopes.ts'
import { revokedUntil } from '../../keys/signing-keys.ts'
import type { Service } from '../../service.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account/applications`. */
export function addApplicationsPage(site: PageSite): void {
  addAccountPage(site, 'applications', { shown: show, posted })
}

/** How many grants are read at a time, and how often: whoever has more sees the first thousand. */
const pageSize = 100
const mostPages = 10

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, session } = asked
  const clientId = sent.one('client')
  // A text that some database would not look for is nobody's name.
  if (clientId === undefined || sent.malformed.has('client')) return show(asked)
  const { store, settings, tell } = open
  const { subject } = session
  const now = settings.now()
  for (const { id } of await grantsOf(open, { subject, clientId })) {
    const about = { subject, clientId, grantId: id }
    const from = visit.address === undefined ? {} : { address: visit.address }
    const audit = [auditEvent('grant.revoked', now, { ...about, ...from })]
    if (await store.revokeGrant(id, { now, until: revokedUntil(settings, now), audit })) tell(audit)
  }
  return doneWith(asked, 'applications', 'application')
}

async function show({ open, visit, session, frame }: AccountRequest): Promise<Response> {
  const byClient = new Map<string, StoredGrant[]>()
  for (const grant of await grantsOf(open, { subject: session.subject })) {
    const known = byClient.get(grant.clientId)
    if (known === undefined) byClient.set(grant.clientId, [grant])
    else known.push(grant)
  }
  const found = await Promise.all([...byClient].map(([id, grants]) => applicationOf(open, id, grants)))
  const applications = found
    .filter((each) => each !== undefined)
    .toSorted((one, other) => other.lastUsedAt - one.lastUsedAt)
  const form = visit.form('/account/applications', 'session')
  return visit.page(200, visit.pages.account.applications({ frame, form, applications }, visit.context))
}

/** An application is one, however often it was let in: with a second device, or by a login of its own. */
async function applicationOf(
  open: Service,
  id: string,
  grants: readonly StoredGrant[],
): Promise<AccountApplication | undefined> {
  const client = await open.clients.get(id)
  // Removed just now, and its grants with it.
  if (client === undefined) return undefined
  return {
    id,
    client: pageClient(client),
    scopes: pageScopes(
      open,
      [...new Set(grants.flatMap(({ scopes }) => scopes))],
      grants.flatMap(({ resources }) => resources),
    ),
    since: Math.min(...grants.map(({ createdAt }) => createdAt)),
    lastUsedAt: Math.max(...grants.map(({ lastUsedAt }) => lastUsedAt)),
  }
}

async function grantsOf(
  { store, settings }: Service,
  whose: { readonly subject: string; readonly clientId?: string },
): Promise<readonly StoredGrant[]> {
  const all: StoredGrant[] = []
  for (let page = 0; page < mostPages; page++) {
    const after = all.at(-1)?.id
    const found = await store.listGrants({
      ...whose,
      ...(after === undefined ? {} : { after }),
      limit: pageSize,
      now: settings.now(),
    })
    all.push(...found)
    if (found.length < pageSize) break
  }
  return all
}
