/** Another password at the login: for who was given one by somebody else, after it was right and before it opens anything. */

import { acrOf } from '../../protocol/authentication-context.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { FlowProof } from '../../store/grant-store.ts'
import { usualMinimumLength } from '../accounts/password-policy.ts'
import { secondFactorKinds } from '../factors/second-factors.ts'
import { afterLogin } from '../interaction/first-factor.ts'
import { findAnyFlow } from '../interaction/flow.ts'
import type { Flow, PageFlow } from '../interaction/flow.ts'
import type { PasswordQuestion } from '../interaction/pages.ts'
import { startSession } from '../interaction/session-start.ts'
import { flowIdIn } from './authorization.ts'
import { passwordProblem, sentPassword } from './link-page.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'
import { proofLife } from './second-factor.ts'

/** Adds `/login/new-password`. */
export function addNewPasswordPage(site: PageSite): void {
  addPage(site, '/login/new-password', {
    shown: (asked) => withProof(asked, (flow, proof) => show(asked, flow, proof, 200)),
    posted: async (asked) => {
      asked.visit.checkForm(sortParameters(asked.form).one('csrf'), 'login')
      return withProof(asked, (flow, proof) => posted(asked, flow, proof))
    },
  })
}

/** Whoever has not shown everything that the account asks for, here and a short while ago, begins there. */
async function withProof(
  asked: PageRequest,
  work: (flow: Flow | PageFlow, proof: FlowProof) => Promise<Response>,
): Promise<Response> {
  const { open, visit } = asked
  const flow = await findAnyFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const { proof } = flow
  const isFresh = proof !== undefined && open.settings.now() - proof.at <= proofLife
  if (isFresh && proof.methods.includes('pwd') && (await isWhole(asked, proof))) return work(flow, proof)
  return visit.redirect(`${open.settings.basePath}/login?flow=${flow.id}`)
}

/** SECURITY: a password alone changes nothing of an account that has a second factor. */
async function isWhole({ open }: PageRequest, { subject, methods }: FlowProof): Promise<boolean> {
  if (acrOf(methods) !== 'urn:gatewright:acr:1fa') return true
  return (await secondFactorKinds(open, subject)).length === 0
}

async function posted(
  asked: PageRequest,
  flow: Flow | PageFlow,
  { subject, methods }: FlowProof,
): Promise<Response> {
  const { open, visit } = asked
  const { password, problem } = sentPassword(asked)
  if (problem !== undefined) return show(asked, flow, { subject }, 422, { error: problem })
  try {
    // It is done already: from another tab, or by a link. Then this password is not theirs to set any more.
    if (!(await open.accounts.replaceDemandedPassword(subject, password))) return expired(asked)
  } catch (error) {
    const { status, ...why } = passwordProblem(error)
    return show(asked, flow, { subject }, status, why)
  }
  // That ended everything that was known of this person. They have just shown who they are, and go on.
  if (!(await startSession(open, visit, { subject, methods }))) return expired(asked)
  return visit.redirect(await afterLogin(open, visit, flow))
}

async function show(
  { open, visit }: PageRequest,
  { id, pending }: Flow | PageFlow,
  { subject }: Pick<FlowProof, 'subject'>,
  status: number,
  more: Partial<PasswordQuestion> = {},
): Promise<Response> {
  const account = await open.accounts.get(subject)
  const page = {
    step: 'demanded',
    form: visit.form(`/login/new-password?flow=${id}`, 'login'),
    username: account?.username ?? '',
    minimumLength: open.settings.passwords.minimumLength ?? usualMinimumLength,
    ...more,
  } as const
  return visit.page(status, visit.pages.recovery(page, visit.context), {
    formTarget: pending?.request.redirectUri,
  })
}
