/** The pages of the accounts: all of them, and one. */

import { html } from '../../http/html.ts'
import type { Html, HtmlValue } from '../../http/html.ts'
import type { AdminUserFields, AdminUserPage, AdminUsersPage } from '../../server/interaction/admin-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { actionOf, adminLayout, field, moment, more, removal, tick } from './layout.ts'
import type { AdminWords } from './words.ts'

/** Writes the list. */
export function usersPage(page: AdminUsersPage, context: PageContext, words: AdminWords): Html {
  const { frame, users, create, search } = page
  const isWrong = frame.problem !== undefined
  return adminLayout(
    frame,
    context,
    words,
    html`<form method="get" action="${page.searchHref}" role="search" class="search">
        <label for="search">${words.searchUsers}</label>
        <div>
          <input
            type="text"
            id="search"
            name="search"
            value="${search ?? ''}"
            autocomplete="off"
            spellcheck="false"
          />
          <button class="other">${words.search}</button>
        </div>
      </form>
      ${users.length === 0 && html`<p class="quiet">${words.nothing}</p>`}
      ${
        users.length > 0 &&
        html`<ul class="entries">
          ${users.map(
            (user) =>
              html`<li>
                <a href="${user.href}"><bdi>${user.username}</bdi></a>
                <span class="grow quiet"><bdi>${user.name ?? ''}</bdi></span>
                ${user.isAdmin && html`<span class="mark">${words.administrator}</span>`}
                ${user.isDisabled && html`<span class="mark off">${words.disabled}</span>`}
              </li>`,
          )}
        </ul>`
      }
      ${more(page.nextHref, words)}
      ${
        create &&
        html`<details ${isWrong && html`open`}>
          <summary>${words.addUser}</summary>
          <p class="quiet">${words.addUserText}</p>
          ${actionOf(
            create.form,
            'create',
            html`${userFields(create.fields, words)}<button>${words.add}</button>`,
          )}
        </details>`
      }`,
  )
}

/** Writes one. */
export function userPage(page: AdminUserPage, context: PageContext, words: AdminWords): Html {
  const { frame, user, form, mayChange } = page
  return adminLayout(
    frame,
    context,
    words,
    html`<dl>
        <dt>${words.id}</dt>
        <dd><code>${user.id}</code></dd>
        <dt>${words.since}</dt>
        <dd>${moment(user.createdAt, context)}</dd>
        ${
          page.auditHref !== undefined &&
          html`<dt>${words.sections.audit.title}</dt>
            <dd><a href="${page.auditHref}">${words.events}</a></dd>`
        }
      </dl>
      ${
        mayChange
          ? actionOf(
              form,
              'change',
              html`${userFields(page.fields, words)}
                ${!user.isSelf && tick('disabled', 'yes', words.disabledUser, { isSet: user.isDisabled })}
                <button>${words.save}</button>`,
            )
          : html`<p class="warning">${words.cannotChange}</p>`
      }
      ${wayIn(page, words)} ${sessions(page, context, words)} ${grants(page, context, words)}
      ${
        page.mayRevoke &&
        html`<section>
          <h2>${words.revokeAll}</h2>
          <p class="quiet">${words.revokeAllText}</p>
          ${actionOf(form, 'revoke', html`<button class="other">${words.revokeAll}</button>`)}
        </section>`
      }
      ${page.mayRemove && removal(form, words.removeUserText, user.username, words)}`,
    user.username,
  )
}

function userFields(fields: AdminUserFields, words: AdminWords): Html {
  return html`${field('username', words.username, fields.username, { isRequired: true })}
  ${field('name', `${words.name} (${words.optional})`, fields.name)}
  ${field('email', `${words.email} (${words.optional})`, fields.email)}
  ${
    fields.scopes.length > 0 &&
    html`<fieldset>
      <legend>${words.scopes}</legend>
      ${fields.scopes.map((scope) =>
        tick('scope', scope.name, html`${scope.text} <code class="line">${scope.name}</code>`, scope),
      )}
    </fieldset>`
  }`
}

/** For somebody who cannot get in any more: another password, and an end of the factors that were lost. */
function wayIn({ form, factors, resetTo }: AdminUserPage, words: AdminWords): HtmlValue {
  return html`${
    resetTo !== undefined &&
    html`<section>
      <h2>${words.sendReset}</h2>
      <p class="quiet">${words.sendResetText} <bdi dir="ltr">${resetTo}</bdi></p>
      ${actionOf(form, 'send_reset', html`<button class="other">${words.sendResetNow}</button>`)}
    </section>`
  }
  ${
    factors &&
    html`<section>
      <h2>${words.factors}</h2>
      <p>${words.factorCounts(factors)}</p>
      <details>
        <summary>${words.resetFactors}</summary>
        <p>${words.resetFactorsText}</p>
        ${actionOf(form, 'reset_factors', html`<button class="danger">${words.resetFactors}</button>`)}
      </details>
    </section>`
  }`
}

function sessions(
  { sessions: all, form, mayEnd }: AdminUserPage,
  context: PageContext,
  words: AdminWords,
): HtmlValue {
  if (all === undefined) return undefined
  return html`<section>
    <h2>${words.sessions}</h2>
    ${all.length === 0 && html`<p class="quiet">${words.noSessions}</p>`}
    ${
      all.length > 0 &&
      html`<ul class="entries">
        ${all.map(
          (session) =>
            html`<li>
              <span class="grow">
                ${words.browserOn(session.browser, session.system)}
                <span class="line quiet">
                  ${words.lastSeen} ${moment(session.lastSeenAt, context)}
                  ${session.address !== undefined && html`· <bdi dir="ltr">${session.address}</bdi>`}
                </span>
              </span>
              ${
                mayEnd &&
                actionOf(
                  form,
                  'end_session',
                  html`<input type="hidden" name="session" value="${session.id}" />
                    <button class="other">${words.endSession}</button>`,
                )
              }
            </li>`,
        )}
      </ul>`
    }
    ${
      mayEnd &&
      all.length > 1 &&
      actionOf(form, 'end_sessions', html`<button class="other">${words.endSessions}</button>`)
    }
  </section>`
}

function grants(
  { grants: all, form, mayRevoke }: AdminUserPage,
  context: PageContext,
  words: AdminWords,
): HtmlValue {
  if (all === undefined) return undefined
  return html`<section>
    <h2>${words.grants}</h2>
    ${all.length === 0 && html`<p class="quiet">${words.noGrants}</p>`}
    ${
      all.length > 0 &&
      html`<ul class="entries">
        ${all.map(
          (grant) =>
            html`<li>
              <span class="grow">
                <bdi>${grant.clientName}</bdi> <code>${grant.scopes.join(' ')}</code>
                <span class="line quiet">${words.lastUsed} ${moment(grant.lastUsedAt, context)}</span>
              </span>
              ${
                mayRevoke &&
                actionOf(
                  form,
                  'revoke_grant',
                  html`<input type="hidden" name="grant" value="${grant.id}" />
                    <button class="other">${words.revokeGrant}</button>`,
                )
              }
            </li>`,
        )}
      </ul>`
    }
  </section>`
}
