/** The page on which people keep their second factors: apps, passkeys and recovery codes. */

import { sortParameters } from '../../../protocol/parameters.ts'
import { addApp, beginApp, findAppSetup } from '../../factors/app-setup.ts'
import { addPasskey, removeFactor, renewRecoveryCodes } from '../../factors/change.ts'
import type { Changed } from '../../factors/change.ts'
import { nameOf } from '../../factors/names.ts'
import { passkeyCreation } from '../../factors/passkeys.ts'
import { qrCodeOf } from '../../factors/qr-code.ts'
import { secondFactorsOf } from '../../factors/second-factors.ts'
import type { AccountNotice } from '../../interaction/account-pages.ts'
import type { AccountFactor, AccountFactorsList } from '../../interaction/factor-pages.ts'
import { passkeyScriptPath } from '../../interaction/passkey-script.ts'
import { expired } from '../page-request.ts'
import type { PageRequest, PageSite } from '../page-request.ts'
import { addAccountPage } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

const path = '/account/security'

/** Adds `/account/security`, and `/account/security/app` where an app is set up. */
export function addFactorsPages(site: PageSite): void {
  // The list as well: whoever only reads it learns how this account could be opened.
  const guarded = { needsRecent: 'page', next: (asked: PageRequest) => here(asked, path) } as const
  addAccountPage(site, 'factors', { ...guarded, shown: (asked) => show(asked, 200), posted })
  addAccountPage(site, 'factors', {
    ...guarded,
    below: '/app',
    shown: (asked) => showApp(asked, 200),
    posted: postedApp,
  })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, session, sent } = asked
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
      return changed(asked, await addPasskey(open, visit, session, about))
    }
    case 'rename': {
      const kind = (await ownFactors(asked)).find((factor) => factor.id === id)?.kind
      const name = nameOf(sent.one('name'), kind === 'passkey' ? 'Passkey' : 'App')
      await store.renameAuthenticator(id, session.subject, name)
      return done(asked, 'factor')
    }
    case 'remove': {
      const outcome = await removeFactor(open, visit, session, id)
      if (outcome === 'last') return show(asked, 409, { error: 'last' })
      return outcome === 'removed' ? done(asked, 'factor_removed') : show(asked, 200)
    }
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
async function changed(asked: AccountRequest, outcome: Changed): Promise<Response> {
  const { visit } = asked
  if (typeof outcome === 'string') {
    return show(asked, 422, { error: outcome === 'full' ? 'full' : 'passkey' })
  }
  visit.keepSession(outcome.cookie)
  if (outcome.codes !== undefined) return showCodes(asked, outcome.codes)
  return done(asked, 'factor')
}

async function postedApp(asked: AccountRequest): Promise<Response> {
  const { open, visit, session, sent } = asked
  const setup = await findAppSetup(open, visit, session, setupIn(asked))
  if (setup === undefined) return expired(asked)
  const name = nameOf(sent.one('name'), 'App')
  const outcome = await addApp(open, visit, session, setup, { code: sent.one('code') ?? '', name })
  if (outcome === 'wrong') return showApp(asked, 422, { error: 'app', name: sent.one('name') })
  if (outcome === 'gone') return expired(asked)
  return changed(asked, outcome)
}

async function showApp(
  asked: AccountRequest,
  status: number,
  more: { readonly error?: 'app'; readonly name?: string | undefined } = {},
): Promise<Response> {
  const { open, visit, session, frame } = asked
  const setup = await findAppSetup(open, visit, session, setupIn(asked))
  if (setup === undefined) return expired(asked)
  const { basePath } = open.settings
  const page = {
    step: 'app',
    frame,
    form: visit.form(here(asked, `${path}/app`, { setup: setup.id }), 'session'),
    uri: setup.uri,
    seed: setup.seed,
    qrCode: await qrCodeOf(setup.uri),
    back: basePath + here(asked, path),
    ...more,
  } as const
  return visit.page(status, visit.pages.account.factors(page, visit.context))
}

/** Once: nothing here can show them again. */
function showCodes(asked: AccountRequest, codes: readonly string[]): Response {
  const { open, visit, frame } = asked
  const page = {
    step: 'codes',
    frame,
    codes,
    next: goesOn(asked) ?? `${open.settings.basePath}${path}`,
  } as const
  return visit.page(200, visit.pages.account.factors(page, visit.context))
}

async function show(
  asked: AccountRequest,
  status: number,
  more: Pick<AccountFactorsList, 'error'> = {},
): Promise<Response> {
  const { open, visit, session, account, frame } = asked
  const { settings } = open
  const { passkeys, recoveryCodes } = await secondFactorsOf(open, session.subject)
  const factors = await ownFactors(asked)
  const form = visit.form(here(asked, path), 'session')
  const binding = `${visit.browserHash}.${session.id}`
  const options = await passkeyCreation(settings, binding, account, passkeys)
  const next = goesOn(asked)
  const page: AccountFactorsList = {
    step: 'list',
    frame,
    form,
    factors,
    recoveryCodes,
    ...(options === undefined ? {} : { passkey: { form, options, script: passkeyScriptPath(settings) } }),
    isNeeded: factors.length === 0 && (next !== undefined || settings.secondFactor === 'required'),
    ...(next === undefined || factors.length === 0 ? {} : { next }),
    ...more,
  }
  return visit.page(status, visit.pages.account.factors(page, visit.context), {
    hasScript: options !== undefined,
  })
}

async function ownFactors({ open, session }: AccountRequest): Promise<readonly AccountFactor[]> {
  const { apps, passkeys } = await secondFactorsOf(open, session.subject)
  return [...apps, ...passkeys].map(({ id, kind, name, createdAt, lastUsedAt }) => ({
    id,
    kind: kind === 'passkey' ? 'passkey' : 'totp',
    name,
    createdAt,
    lastUsedAt,
  }))
}

/** Back to the list, which says what has been done. */
function done(asked: AccountRequest, notice: AccountNotice): Response {
  const { basePath } = asked.open.settings
  return asked.visit.redirect(basePath + here(asked, path, { done: notice }))
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
