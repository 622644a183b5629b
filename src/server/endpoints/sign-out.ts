/** Signing out: by itself, or because an application asks (OpenID Connect RP-Initiated Logout). A link from elsewhere ends nothing. */

import { HttpError } from '../../http/http-error.ts'
import { parseEndSessionRequest, postLogoutLocation } from '../../protocol/end-session-request.ts'
import type { EndSessionRequest } from '../../protocol/end-session-request.ts'
import type { IdTokenHint } from '../../protocol/id-token.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import type { Client } from '../clients.ts'
import { pageClient } from '../interaction/page-client.ts'
import { readHint } from '../openid/id-token.ts'
import { subjectFor } from '../openid/subject.ts'
import type { Service } from '../service.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/logout`, which is the end session endpoint as well, and `/logout/confirm` for the answer to its question. */
export function addSignOutPage(site: PageSite): void {
  // RP-Initiated Logout §2: by GET and by POST.
  addPage(site, '/logout', {
    shown: (asked) => begin(asked, asked.query),
    posted: (asked) => begin(asked, asked.form),
  })
  addPage(site, '/logout/confirm', {
    shown: async (asked) => asked.visit.redirect(`${asked.open.settings.basePath}/logout`),
    posted: async (asked) => {
      const { open, visit, form, query } = asked
      visit.checkForm(sortParameters(form).one('csrf'), 'session')
      const wish = await wishOf(open, query)
      if (visit.session !== undefined) await open.sessions.end(visit.session, visit.address)
      return ended(asked, wish, true)
    },
  })
}

async function begin(asked: PageRequest, parameters: SentParameters): Promise<Response> {
  const { open, visit } = asked
  const wish = await wishOf(open, parameters)
  const { session, pages, context } = visit
  if (session === undefined) return ended(asked, wish, wish.hint !== undefined)
  // RP-Initiated Logout §2: whoever has an ID token of this very session has been told by its person before.
  if (isOf(open, session, wish)) {
    await open.sessions.end(session, visit.address)
    return ended(asked, wish, true)
  }
  const account = await open.accounts.get(session.subject)
  const page = {
    step: 'confirm',
    form: visit.form(`/logout/confirm${queryOf(wish)}`, 'session'),
    person: { username: account?.username ?? '', name: account?.name },
    ...(wish.client === undefined ? {} : { client: pageClient(wish.client) }),
  } as const
  return visit.page(200, pages.signOut(page, context), { formTarget: wish.location })
}

/** A request to log out that was checked. */
interface Wish {
  readonly request: EndSessionRequest
  readonly client: Client | undefined
  readonly hint: IdTokenHint | undefined
  /** Where the browser goes then; a registered address. */
  readonly location: string | undefined
}

/** @throws {HttpError} 400, shown to the person: nothing that cannot be checked is gone along with. */
async function wishOf(open: Service, parameters: SentParameters): Promise<Wish> {
  const request = parseEndSessionRequest(parameters)
  if (request === undefined) throw new HttpError(400, 'A parameter is repeated, too long or no text')
  const { idTokenHint, clientId, postLogoutRedirectUri } = request
  const hint = idTokenHint === undefined ? undefined : await readHint(open, idTokenHint)
  if (idTokenHint !== undefined && hint === undefined) {
    throw new HttpError(400, 'The id_token_hint is not an ID token of this server')
  }
  if (hint !== undefined && clientId !== undefined && hint.clientId !== clientId) {
    throw new HttpError(400, 'The id_token_hint is not for the client_id')
  }
  const named = hint?.clientId ?? clientId
  const client = named === undefined ? undefined : await open.clients.get(named)
  if (clientId !== undefined && client === undefined) throw new HttpError(400, 'The client is unknown')
  const registered = client?.disabled === false ? client.metadata.postLogoutRedirectUris : []
  const location = postLogoutLocation(request, registered)
  if (postLogoutRedirectUri !== undefined && location === undefined) {
    throw new HttpError(400, 'The post_logout_redirect_uri is not one that this client has registered')
  }
  return { request, client, hint, location }
}

function isOf({ settings }: Service, session: StoredSession, { client, hint }: Wish): boolean {
  if (client === undefined || hint === undefined) return false
  if (hint.sessionId !== undefined && hint.sessionId !== session.id) return false
  return subjectFor(settings, client, session.subject) === hint.subject
}

/** The parameters again, for the answer to the question. The hint has said what it can. */
function queryOf({ request, client }: Wish): string {
  const { postLogoutRedirectUri, state } = request
  const kept: readonly (readonly [string, string | undefined])[] = [
    ['client_id', client?.id],
    ['post_logout_redirect_uri', postLogoutRedirectUri],
    ['state', state],
  ]
  const query = new URLSearchParams(kept.filter((pair): pair is [string, string] => pair[1] !== undefined))
  return query.size === 0 ? '' : `?${query}`
}

/**
 * What there is to see when nobody is logged in any more.
 *
 * @param isSure Whether the browser may be sent on; otherwise the person is offered the way, so that no link of anybody's
 * making is a redirect (ASVS 10.6.2).
 */
function ended({ visit }: PageRequest, { client, location }: Wish, isSure: boolean): Response {
  visit.keepSession(undefined)
  if (location !== undefined && isSure) return visit.redirect(location)
  const back =
    location === undefined || client === undefined ? {} : { back: { client: pageClient(client), location } }
  return visit.page(200, visit.pages.signOut({ step: 'done', ...back }, visit.context))
}
