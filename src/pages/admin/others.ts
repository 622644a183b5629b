/** The other admin pages: the first one, keys, the audit log, what is shown once, and refusals. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type {
  AdminAuditPage,
  AdminEvent,
  AdminKeysPage,
  AdminOncePage,
  AdminOverviewPage,
  AdminRefusalPage,
} from '../../server/interaction/admin-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { layout } from '../layout.ts'
import { actionOf, adminLayout, field, moment, more } from './layout.ts'
import type { AdminWords } from './words.ts'

/** Writes the first page. */
export function overviewPage(page: AdminOverviewPage, context: PageContext, words: AdminWords): Html {
  const { frame, docsHref } = page
  const parts = frame.sections.filter(({ name }) => name !== 'overview')
  return adminLayout(
    frame,
    context,
    words,
    html`<ul class="entries parts">
      ${parts.map(
        ({ name, href }) =>
          html`<li>
            <a href="${href}">${words.sections[name].title}</a>
            <span class="grow quiet">${words.sections[name].text}</span>
          </li>`,
      )}
      <li>
        <a href="${docsHref}">${words.documentation}</a>
        <span class="grow quiet">${words.documentationText}</span>
      </li>
    </ul>`,
  )
}

/** Writes the keys. */
export function keysPage(page: AdminKeysPage, context: PageContext, words: AdminWords): Html {
  const { frame, keys, form } = page
  return adminLayout(
    frame,
    context,
    words,
    html`<ul class="entries">
        ${keys.map(
          (key) =>
            html`<li>
              <span class="grow">
                <code>${key.kid}</code>
                <span class="line quiet">
                  ${words.algorithm} ${key.algorithm} · ${words.signsFrom} ${moment(key.signsFrom, context)}
                  ${key.signsUntil !== undefined && html`· ${words.signsUntil} ${moment(key.signsUntil, context)}`}
                  ${
                    key.publishedUntil !== undefined &&
                    html`· ${words.publishedUntil} ${moment(key.publishedUntil, context)}`
                  }
                </span>
              </span>
              <span class="mark">${words.keyStates[key.state]}</span>
              ${
                form &&
                html`<details class="danger">
                  <summary>${words.removeKey}</summary>
                  <p>${words.removeKeyText}</p>
                  ${actionOf(
                    form,
                    'remove',
                    html`<input type="hidden" name="kid" value="${key.kid}" />
                      <button class="danger">${words.removeKey}</button>`,
                  )}
                </details>`
              }
            </li>`,
        )}
      </ul>
      ${
        form &&
        html`<p class="quiet more">${words.rotateText}</p>
          ${actionOf(form, 'rotate', html`<button class="other">${words.rotate}</button>`)}`
      }`,
  )
}

/** Writes the audit log. */
export function auditPage(page: AdminAuditPage, context: PageContext, words: AdminWords): Html {
  const { frame, events, search } = page
  return adminLayout(
    frame,
    context,
    words,
    html`<form method="get" action="${page.searchHref}" role="search">
        <div class="filters">
          <div>${field('type', words.eventType, search.type)}</div>
          <div>${field('subject', words.account, search.subject)}</div>
          <div>${field('client_id', words.client, search.clientId)}</div>
        </div>
        <button class="other">${words.search}</button>
      </form>
      ${events.length === 0 && html`<p class="quiet more">${words.nothing}</p>`}
      ${
        events.length > 0 &&
        html`<ul class="entries">
          ${events.map((event) => eventItem(event, context, words))}
        </ul>`
      }
      ${more(page.nextHref, words)}`,
  )
}

function eventItem(event: AdminEvent, context: PageContext, words: AdminWords): Html {
  const { subject, client, address, details } = event
  return html`<li>
    <span class="grow">
      <strong>${event.type}</strong>
      <span class="line quiet">
        ${moment(event.at, context)} ${address !== undefined && html`· ${words.from} <bdi>${address}</bdi>`}
      </span>
      ${subject && html`<span class="line">${words.account} ${linked(subject)}</span>`}
      ${client && html`<span class="line">${words.client} ${linked(client)}</span>`}
      ${details !== undefined && html`<code class="line">${details}</code>`}
    </span>
  </li>`
}

function linked({ text, href }: { readonly text: string; readonly href?: string | undefined }): Html {
  return href === undefined ? html`<bdi>${text}</bdi>` : html`<a href="${href}"><bdi>${text}</bdi></a>`
}

/** Writes what is shown once. */
export function oncePage(page: AdminOncePage, context: PageContext, words: AdminWords): Html {
  const { frame, kind, owner, value, href } = page
  const { title, text } = words.once[kind]
  return adminLayout(
    frame,
    context,
    words,
    html`<p>${text}</p>
      <dl>
        <dt>${words.onceFor}</dt>
        <dd><bdi>${owner}</bdi></dd>
      </dl>
      <p class="once"><code>${value}</code></p>
      <p class="more"><a href="${href}">${words.goOn}</a></p>`,
    title,
  )
}

/** Writes a refusal. */
export function refusalPage(page: AdminRefusalPage, context: PageContext, words: AdminWords): Html {
  const { title, text } = words.refusals[page.kind]
  const { person } = page
  return layout(
    context,
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>
      ${page.homeHref !== undefined && html`<p><a href="${page.homeHref}">${words.sections.overview.title}</a></p>`}
      <p class="quiet last">
        ${words.loggedInAs} <bdi>${person.name ?? person.username}</bdi> ·
        <a href="${page.signOutHref}">${words.signOut}</a>
      </p>`,
  )
}
