/** The page of the second factor: after a right password, or when a request asks for more than the session has. */

import { HttpError } from '../../http/http-error.ts'
import { acrOf, combinedMethods } from '../../protocol/authentication-context.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { Parameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { passkeyRequest, provenPasskey } from '../factors/passkeys.ts'
import { proveByApp, proveByRecoveryCode, secondFactorsOf } from '../factors/second-factors.ts'
import type { SecondFactorPage } from '../interaction/factor-pages.ts'
import { afterLogin, newPasswordFirst } from '../interaction/first-factor.ts'
import { findAnyFlow, refuse, stepOf } from '../interaction/flow.ts'
import type { Flow, PageFlow } from '../interaction/flow.ts'
import { pageClient } from '../interaction/page-client.ts'
import { passkeyScriptPath } from '../interaction/passkey-script.ts'
import { startSession } from '../interaction/session-start.ts'
import { flowIdIn } from './authorization.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** How long after the first factor the second has to be shown, and a new password chosen, in milliseconds. */
export const proofLife = 600_000

/** Who is asked for a second factor. */
interface Known {
  readonly subject: string
  readonly methods: readonly string[]
  /** The session that gets stronger; missing after a password, when there is none yet. */
  readonly session?: StoredSession
}

/** Adds `/login/second-factor`. */
export function addSecondFactorPage(site: PageSite): void {
  addPage(site, '/login/second-factor', {
    shown: (asked) => withKnown(asked, (flow, known) => show(asked, flow, known, 200)),
    posted: async (asked) => {
      const sent = sortParameters(asked.form)
      asked.visit.checkForm(sent.one('csrf'), 'login')
      return withKnown(asked, (flow, known) => posted(asked, flow, known, sent))
    },
  })
}

/** Whoever has not shown a first factor, here and a short while ago, begins there. */
async function withKnown(
  asked: PageRequest,
  work: (flow: Flow | PageFlow, known: Known) => Promise<Response>,
): Promise<Response> {
  const { open, visit } = asked
  const flow = await findAnyFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const known = await knownIn(asked, flow)
  if (known !== undefined) return work(flow, known)
  const { basePath } = open.settings
  return visit.redirect(
    flow.pending === undefined
      ? `${basePath}/login?flow=${flow.id}`
      : `${basePath}/authorize/continue?flow=${flow.id}`,
  )
}

async function knownIn({ open, visit }: PageRequest, flow: Flow | PageFlow): Promise<Known | undefined> {
  const { proof } = flow
  if (proof !== undefined && open.settings.now() - proof.at <= proofLife) return proof
  const { session } = visit
  if (session === undefined) return undefined
  // Only where this is what is missing: a login that has to be done anew is not done by half of it.
  const isMissing =
    flow.pending === undefined
      ? acrOf(session.methods) === 'urn:gatewright:acr:1fa'
      : (await stepOf(open, session, flow)).step === 'second_factor'
  return isMissing ? { subject: session.subject, methods: session.methods, session } : undefined
}

async function posted(
  asked: PageRequest,
  flow: Flow | PageFlow,
  known: Known,
  sent: Parameters,
): Promise<Response> {
  const { open, visit } = asked
  if (sent.one('decision') === 'cancel' && flow.pending !== undefined) {
    return visit.answer(await refuse(open, visit, flow, 'access_denied', 'The person did not log in'))
  }
  const kind = asked.form.some(([name]) => name === 'credential')
    ? 'passkey'
    : asked.form.some(([name]) => name === 'recovery_code')
      ? 'recovery'
      : 'app'
  const shown = sent.one(fields[kind])
  // Nothing was tried.
  if (shown === undefined) return show(asked, flow, known, 422, { error: kind })
  try {
    const methods = await proven(asked, known, kind, shown)
    if (methods === undefined) return await show(asked, flow, known, 401, { error: kind })
    const all = combinedMethods(known.methods, methods)
    const detour =
      known.session === undefined
        ? await newPasswordFirst(open, visit, flow, { subject: known.subject, methods: all })
        : undefined
    if (detour !== undefined) return visit.redirect(detour)
    // The password was changed meanwhile, the account disabled, or the same page was sent from another tab.
    if (!(await isStarted(asked, flow, known, all))) return expired(asked)
    return visit.redirect(await afterLogin(open, visit, flow))
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 429) throw error
    const retryAfter = Number(error.headers['retry-after'])
    return show(asked, flow, known, 429, { error: 'too_many', retryAfter })
  }
}

/** The field of each way. */
const fields = { app: 'code', recovery: 'recovery_code', passkey: 'credential' } as const

/** The methods that were shown just now; `undefined` when they were not. */
async function proven(
  { open, visit }: PageRequest,
  { subject }: Known,
  kind: keyof typeof fields,
  shown: string,
): Promise<readonly string[] | undefined> {
  switch (kind) {
    case 'app':
      return (await proveByApp(open, subject, shown)) ? ['otp'] : undefined
    case 'recovery':
      return (await proveByRecoveryCode(open, subject, shown, visit.context.language)) ? ['otp'] : undefined
    case 'passkey': {
      await open.limits.passkeys(visit.address)
      const binding = `${visit.browserHash}.${subject}`
      const passkey = await provenPasskey(open, shown, 'second-factor', binding)
      return passkey?.subject === subject ? ['pop', 'user'] : undefined
    }
  }
}

/** Whether there is a session now: with what was shown added to it, or a new one. */
async function isStarted(
  { open, visit }: PageRequest,
  { hash }: Flow | PageFlow,
  { subject, session }: Known,
  methods: readonly string[],
): Promise<boolean> {
  const { address, browserHash } = visit
  if (session === undefined) {
    return startSession(open, visit, { subject, methods, proof: { hash, browserHash } })
  }
  const cookie = await open.sessions.stepUp(session, methods, address)
  if (cookie === undefined) return false
  visit.keepSession(cookie)
  return true
}

async function show(
  { open, visit }: PageRequest,
  { id, pending }: Flow | PageFlow,
  { subject }: Known,
  status: number,
  more: Partial<SecondFactorPage> = {},
): Promise<Response> {
  const form = visit.form(`/login/second-factor?flow=${id}`, 'login')
  const { apps, passkeys, recoveryCodes } = await secondFactorsOf(open, subject)
  const account = await open.accounts.get(subject)
  const binding = `${visit.browserHash}.${subject}`
  const options =
    passkeys.length === 0
      ? undefined
      : await passkeyRequest(open.settings, 'second-factor', binding, passkeys)
  const page: SecondFactorPage = {
    form,
    person: { username: account?.username ?? '', name: account?.name },
    ...(pending === undefined ? {} : { client: pageClient(pending.client), cancel: form }),
    hasApp: apps.length > 0,
    hasRecoveryCodes: recoveryCodes > 0,
    ...(options === undefined
      ? {}
      : { passkey: { form, options, script: passkeyScriptPath(open.settings) } }),
    ...more,
  }
  const retry = more.retryAfter === undefined ? {} : { 'retry-after': String(more.retryAfter) }
  return visit.page(status, visit.pages.secondFactor(page, visit.context), {
    formTarget: pending?.request.redirectUri,
    hasScript: options !== undefined,
    headers: retry,
  })
}
