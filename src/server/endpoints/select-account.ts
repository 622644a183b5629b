/** Choosing an account (OpenID Connect Core §3.1.2.1, `select_account`): go on as who is logged in, or as somebody else. */

import { sortParameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { choose, findFlow, refuse, stepOf } from '../interaction/flow.ts'
import type { Flow } from '../interaction/flow.ts'
import { pageClient } from '../interaction/page-client.ts'
import { flowIdIn } from './authorization.ts'
import { personOf } from './consent.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/select_account`. */
export function addAccountChooser(site: PageSite): void {
  addPage(site, '/select_account', {
    shown: (asked) => whileAsked(asked, show),
    posted: (asked) => whileAsked(asked, posted),
  })
}

type Work = (asked: PageRequest, flow: Flow, session: StoredSession) => Promise<Response>

/** Only where this is the next thing to do: whatever else is, is done there. */
async function whileAsked(asked: PageRequest, work: Work): Promise<Response> {
  const { open, visit } = asked
  const flow = await findFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const { session } = visit
  const { step } = await stepOf(open, session, flow)
  if (session === undefined || step !== 'select_account') return goOn(asked, flow)
  return work(asked, flow, session)
}

function goOn({ open, visit }: PageRequest, flow: Flow): Response {
  return visit.redirect(`${open.settings.basePath}/authorize/continue?flow=${flow.id}`)
}

const posted: Work = async (asked, flow, session) => {
  const { open, visit } = asked
  const sent = sortParameters(asked.form)
  // SECURITY: whoever could send this for somebody would choose for them, which is what the application asked not to happen.
  visit.checkForm(sent.one('csrf'), 'session')
  switch (sent.one('decision')) {
    case 'continue':
      await choose(open, visit, flow, session)
      return goOn(asked, flow)
    case 'cancel':
      return visit.answer(await refuse(open, visit, flow, 'access_denied', 'The person chose no account'))
    default:
      return show(asked, flow, session)
  }
}

const show: Work = async ({ open, visit }, { id, pending }, session) => {
  const page = {
    form: visit.form(`/select_account?flow=${id}`, 'session'),
    client: pageClient(pending.client),
    person: await personOf(open, session),
    otherHref: `${open.settings.basePath}/login?flow=${id}&other=1`,
  }
  return visit.page(200, visit.pages.chooser(page, visit.context), {
    formTarget: pending.request.redirectUri,
  })
}
