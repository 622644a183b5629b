/** The pages that list something: where you are logged in, and which applications have access. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type {
  AccountApplication,
  AccountApplicationsPage,
  AccountSession,
  AccountSessionsPage,
} from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { scopeList } from '../consent.ts'
import { clientName, formOf, unverifiedMark } from '../layout.ts'
import type { Words } from '../words.ts'
import { accountLayout, moment } from './layout.ts'

/** Writes where you are logged in. */
export function sessionsPage(page: AccountSessionsPage, context: PageContext, words: Words): Html {
  const { frame, form, sessions } = page
  const own = words.accountPages
  const others = sessions.filter(({ isThis }) => !isThis)
  return accountLayout(
    frame,
    context,
    words,
    html`<ul class="rows">
        ${sessions.map((session) => sessionRow(session, page, context, words))}
      </ul>
      ${
        others.length === 0
          ? html`<p class="quiet">${own.noOthers}</p>`
          : formOf(form, html`<button class="other" name="others" value="1">${own.endOthers}</button>`)
      }
      <p class="quiet last">${own.applicationsKeep}</p>`,
  )
}

function sessionRow(
  session: AccountSession,
  { form }: AccountSessionsPage,
  context: PageContext,
  words: Words,
): Html {
  const own = words.accountPages
  const { id, address, isThis } = session
  const name = nameOf(session, words)
  return html`<li>
    <h2>${name} ${isThis && html`<span class="mark">${own.thisBrowser}</span>`}</h2>
    <dl>
      ${
        address !== undefined &&
        html`<dt>${own.address}</dt>
          <dd><bdi dir="ltr">${address}</bdi></dd>`
      }
      <dt>${own.since}</dt>
      <dd>${moment(session.startedAt, context)}</dd>
      <dt>${own.lastSeen}</dt>
      <dd>${moment(session.lastSeenAt, context)}</dd>
    </dl>
    ${
      !isThis &&
      formOf(
        form,
        html`<button class="other" name="session" value="${id}" aria-label="${own.endSession}: ${name}">
          ${own.endSession}
        </button>`,
      )
    }
  </li>`
}

function nameOf({ browser, system }: AccountSession, { accountPages }: Words): string {
  if (browser !== undefined && system !== undefined) return accountPages.browserOn(browser, system)
  return browser ?? system ?? accountPages.unknownBrowser
}

/** Writes which applications have access. */
export function applicationsPage(page: AccountApplicationsPage, context: PageContext, words: Words): Html {
  const { frame, applications } = page
  return accountLayout(
    frame,
    context,
    words,
    applications.length === 0
      ? html`<p class="quiet last">${words.accountPages.noApplications}</p>`
      : html`<ul class="rows">
          ${applications.map((application) => applicationRow(application, page, context, words))}
        </ul>`,
  )
}

function applicationRow(
  { id, client, scopes, since, lastUsedAt }: AccountApplication,
  { form }: AccountApplicationsPage,
  context: PageContext,
  words: Words,
): Html {
  const own = words.accountPages
  return html`<li>
    <h2>${clientName(client)}</h2>
    ${unverifiedMark(client, words)}
    <p class="quiet">${scopes.length > 0 ? own.mayDo : own.mayNothing}</p>
    ${scopeList(scopes, [], words)}
    <dl>
      <dt>${own.since}</dt>
      <dd>${moment(since, context)}</dd>
      <dt>${own.lastUsed}</dt>
      <dd>${moment(lastUsedAt, context)}</dd>
    </dl>
    ${formOf(
      form,
      html`<button class="other" name="client" value="${id}" aria-label="${own.revoke}: ${client.name}">
        ${own.revoke}
      </button>`,
    )}
  </li>`
}
