/** The page on which people keep their second factors: apps, passkeys and recovery codes. */

import { acrOf } from '../../protocol/authentication-context.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { Parameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { addApp, beginApp, findAppSetup } from '../factors/app-setup.ts'
import { addPasskey, removeFactor, renewRecoveryCodes } from '../factors/change.ts'
import type { Changed } from '../factors/change.ts'
import { nameOf } from '../factors/names.ts'
import { passkeyCreation } from '../factors/passkeys.ts'
import { secondFactorsOf } from '../factors/second-factors.ts'
import type { PageFactor, SecurityOverview } from '../interaction/factor-pages.ts'
import { beginPageFlow } from '../interaction/flow.ts'
import { passkeyScriptPath } from '../interaction/passkey-script.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'
import { recently, whenSignedIn } from './signed-in.ts'

const path = '/account/security'

/** Adds `/account/security`, and `/account/security/app` where an app is set up. */
export function addSecurityPage(site: PageSite): void {
  addPage(site, path, {
    shown: (asked) => withPerson(asked, (session) => show(asked, session, 200)),
    posted: (asked) => withForm(asked, (session, sent) => posted(asked, session, sent)),
  })
  addPage(site, `${path}/app`, {
    shown: (asked) => withPerson(asked, (session) => showApp(asked, session, 200)),
    posted: (asked) => withForm(asked, (session, sent) => postedApp(asked, session, sent)),
  })
}

/** Whoever logged in a short while ago, with all that they have. */
async function withPerson(
  asked: PageRequest,
  work: (session: StoredSession) => Promise<Response>,
): Promise<Response> {
  const next = here(asked, path)
  return whenSignedIn(asked, { maxAge: recently, next }, async (session) => {
    const { open, visit } = asked
    const { apps, passkeys } = await secondFactorsOf(open, session.subject)
    const isHalf = apps.length + passkeys.length > 0 && acrOf(session.methods) === 'urn:gatewright:acr:1fa'
    if (!isHalf) return work(session)
    // A session from before there was a second factor, or from a way in that has not asked for it.
    const flow = await beginPageFlow(open, visit, next)
    return visit.redirect(`${open.settings.basePath}/login/second-factor?flow=${flow.id}`)
  })
}

async function withForm(
  asked: PageRequest,
  work: (session: StoredSession, sent: Parameters) => Promise<Response>,
): Promise<Response> {
  const sent = sortParameters(asked.form)
  asked.visit.checkForm(sent.one('csrf'), 'session')
  return withPerson(asked, (session) => work(session, sent))
}

async function posted(asked: PageRequest, session: StoredSession, sent: Parameters): Promise<Response> {
  const { open, visit } = asked
  const { store } = open
  const { basePath } = open.settings
  const id = sent.one('id') ?? ''
  switch (sent.one('action')) {
    case 'app': {
      const setup = await beginApp(open, visit, session)
      return visit.redirect(basePath + here(asked, `${path}/app`, { setup }))
    }
    case 'passkey': {
      const about = { sent: sent.one('credential') ?? '', name: nameOf(sent.one('name'), 'Passkey') }
      return changed(asked, session, await addPasskey(open, visit, session, about))
    }
    case 'rename': {
      const kind = (await ownFactors(asked, session)).find((factor) => factor.id === id)?.kind
      const name = nameOf(sent.one('name'), kind === 'passkey' ? 'Passkey' : 'App')
      await store.renameAuthenticator(id, session.subject, name)
      return visit.redirect(basePath + here(asked, path))
    }
    case 'remove':
      await removeFactor(open, visit, session, id)
      return visit.redirect(basePath + here(asked, path))
    case 'codes': {
      const { apps, passkeys } = await secondFactorsOf(open, session.subject)
      // They are good only beside another factor.
      if (apps.length + passkeys.length === 0) return visit.redirect(basePath + here(asked, path))
      return showCodes(asked, await renewRecoveryCodes(open, visit, session))
    }
    default:
      return visit.redirect(basePath + here(asked, path))
  }
}

/** What is shown after a factor was added, or was not. */
async function changed(asked: PageRequest, session: StoredSession, outcome: Changed): Promise<Response> {
  const { open, visit } = asked
  if (typeof outcome === 'string') {
    return show(asked, session, 422, { error: outcome === 'full' ? 'full' : 'passkey' })
  }
  visit.keepSession(outcome.cookie)
  if (outcome.codes !== undefined) return showCodes(asked, outcome.codes)
  return visit.redirect(open.settings.basePath + here(asked, path))
}

async function postedApp(asked: PageRequest, session: StoredSession, sent: Parameters): Promise<Response> {
  const { open, visit } = asked
  const setup = await findAppSetup(open, visit, session, setupIn(asked))
  if (setup === undefined) return expired(asked)
  const name = nameOf(sent.one('name'), 'App')
  const outcome = await addApp(open, visit, session, setup, { code: sent.one('code') ?? '', name })
  if (outcome === 'wrong') return showApp(asked, session, 422, { error: 'app', name: sent.one('name') })
  if (outcome === 'gone') return expired(asked)
  return changed(asked, session, outcome)
}

async function showApp(
  asked: PageRequest,
  session: StoredSession,
  status: number,
  more: { readonly error?: 'app'; readonly name?: string | undefined } = {},
): Promise<Response> {
  const { open, visit } = asked
  const setup = await findAppSetup(open, visit, session, setupIn(asked))
  if (setup === undefined) return expired(asked)
  const { basePath } = open.settings
  const page = {
    step: 'app',
    form: visit.form(here(asked, `${path}/app`, { setup: setup.id }), 'session'),
    uri: setup.uri,
    seed: setup.seed,
    back: basePath + here(asked, path),
    ...more,
  } as const
  return visit.page(status, visit.pages.security(page, visit.context))
}

/** Once: nothing here can show them again. */
function showCodes(asked: PageRequest, codes: readonly string[]): Response {
  const { open, visit } = asked
  const page = { step: 'codes', codes, next: goesOn(asked) ?? `${open.settings.basePath}${path}` } as const
  return visit.page(200, visit.pages.security(page, visit.context))
}

async function show(
  asked: PageRequest,
  session: StoredSession,
  status: number,
  more: Pick<SecurityOverview, 'error'> = {},
): Promise<Response> {
  const { open, visit } = asked
  const { settings } = open
  const { passkeys, recoveryCodes } = await secondFactorsOf(open, session.subject)
  const factors = await ownFactors(asked, session)
  const account = await open.accounts.get(session.subject)
  const form = visit.form(here(asked, path), 'session')
  const options =
    account && (await passkeyCreation(settings, `${visit.browserHash}.${session.id}`, account, passkeys))
  const next = goesOn(asked)
  const page: SecurityOverview = {
    step: 'list',
    form,
    factors,
    recoveryCodes,
    ...(options === undefined ? {} : { passkey: { form, options, script: passkeyScriptPath(settings) } }),
    isNeeded: factors.length === 0 && (next !== undefined || settings.secondFactor === 'required'),
    ...(next === undefined || factors.length === 0 ? {} : { next }),
    account: `${settings.basePath}/account`,
    ...more,
  }
  return visit.page(status, visit.pages.security(page, visit.context), { hasScript: options !== undefined })
}

async function ownFactors({ open }: PageRequest, { subject }: StoredSession): Promise<readonly PageFactor[]> {
  const { apps, passkeys } = await secondFactorsOf(open, subject)
  return [...apps, ...passkeys].map(({ id, kind, name, createdAt, lastUsedAt }) => ({
    id,
    kind: kind === 'passkey' ? 'passkey' : 'totp',
    name,
    createdAt,
    lastUsedAt,
  }))
}

/** An address of these pages, which keeps the flow that waits behind them. */
function here({ query }: PageRequest, to: string, more: Readonly<Record<string, string>> = {}): string {
  const flow = flowBehind(query)
  const search = new URLSearchParams({ ...more, ...(flow === undefined ? {} : { flow }) }).toString()
  return search === '' ? to : `${to}?${search}`
}

/** Where an authorization goes on that waits for a second factor. */
function goesOn({ open, query }: PageRequest): string | undefined {
  const flow = flowBehind(query)
  return flow === undefined ? undefined : `${open.settings.basePath}/authorize/continue?flow=${flow}`
}

function flowBehind(query: PageRequest['query']): string | undefined {
  const flow = sortParameters(query).one('flow')
  return flow !== undefined && /^[\w-]{22}$/.test(flow) ? flow : undefined
}

function setupIn({ query }: PageRequest): string | undefined {
  return sortParameters(query).one('setup')
}
