/** The pages of the clients: all of them, and one. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type {
  AdminClientFields,
  AdminClientPage,
  AdminClientsPage,
} from '../../server/interaction/admin-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { actionOf, adminLayout, field, moment, more, removal, tick } from './layout.ts'
import type { AdminWords } from './words.ts'

/** Writes the list. */
export function clientsPage(page: AdminClientsPage, context: PageContext, words: AdminWords): Html {
  const { frame, clients, create } = page
  return adminLayout(
    frame,
    context,
    words,
    html`${clients.length === 0 && html`<p class="quiet">${words.nothing}</p>`}
    ${
      clients.length > 0 &&
      html`<ul class="entries">
        ${clients.map(
          (client) =>
            html`<li>
              <a href="${client.href}"><bdi>${client.id}</bdi></a>
              <span class="grow quiet"><bdi>${client.name ?? ''}</bdi></span>
              <span class="quiet">${words.sources[client.source]}</span>
              ${client.isDisabled && html`<span class="mark off">${words.disabled}</span>`}
            </li>`,
        )}
      </ul>`
    }
    ${more(page.nextHref, words)}
    ${
      create &&
      html`<details ${frame.problem !== undefined && html`open`}>
        <summary>${words.addClient}</summary>
        ${actionOf(
          create.form,
          'create',
          html`${field('client_id', `${words.clientId} (${words.optional})`, create.fields.id, {
              hint: words.clientIdText,
            })}
            <label for="kind">${words.kind}</label>
            <select id="kind" name="kind">
              ${kinds.map(
                (kind) =>
                  html`<option value="${kind}" ${kind === create.fields.kind && html`selected`}>
                    ${words.kinds[kind]}
                  </option>`,
              )}
            </select>
            ${clientFields(create.fields, words)}<button>${words.add}</button>`,
        )}
      </details>`
    }`,
  )
}

const kinds = ['confidential', 'public', 'native', 'machine'] as const

/** Writes one. */
export function clientPage(page: AdminClientPage, context: PageContext, words: AdminWords): Html {
  const { frame, client, form } = page
  return adminLayout(
    frame,
    context,
    words,
    html`<dl>
        <dt>${words.clientId}</dt>
        <dd><code>${client.id}</code></dd>
        <dt>${words.addedBy}</dt>
        <dd>${words.sources[client.source]}</dd>
        <dt>${words.since}</dt>
        <dd>${moment(client.createdAt, context)}</dd>
        <dt>${words.authenticatesWith}</dt>
        <dd><code>${client.authentication}</code></dd>
        <dt>${words.grantTypes}</dt>
        <dd><code>${client.grants.join(' ')}</code></dd>
        ${
          client.ownScope !== '' &&
          html`<dt>${words.ownScopes}</dt>
            <dd><code>${client.ownScope}</code></dd>`
        }
        ${!page.mayChange && readOnly(page.fields, words)}
      </dl>
      ${
        page.mayChange &&
        actionOf(
          form,
          'change',
          html`${clientFields(page.fields, words)}
            ${tick('disabled', 'yes', words.disabledClient, { isSet: client.isDisabled })}
            <button>${words.save}</button>`,
        )
      }
      ${
        page.mayRotate &&
        html`<section>
          <h2>${words.newSecret}</h2>
          <p class="quiet">${words.newSecretText}</p>
          ${actionOf(
            form,
            'rotate',
            html`${tick('leaked', 'yes', words.leaked)}<button class="other">${words.newSecret}</button>`,
          )}
        </section>`
      }
      ${page.mayRemove && removal(form, removalText(page, words), client.id, words)}`,
    client.name ?? client.id,
  )
}

function removalText({ client }: AdminClientPage, words: AdminWords): string {
  return client.source === 'code' ? words.removeCodeClientText : words.removeClientText
}

function clientFields(fields: AdminClientFields, words: AdminWords): Html {
  return html`${field('client_name', `${words.clientName} (${words.optional})`, fields.name)}
    <label for="redirect_uris">${words.redirectUris}</label>
    <textarea
      id="redirect_uris"
      name="redirect_uris"
      rows="3"
      spellcheck="false"
      aria-describedby="redirect_uris-hint"
    >
${fields.redirectUris}</textarea>
    <p class="tip" id="redirect_uris-hint">${words.redirectUrisText}</p>
    ${field('scope', words.clientScopes, fields.scope, { hint: words.clientScopesText })}
    ${tick('first_party', 'yes', words.firstParty, { isSet: fields.isFirstParty })}`
}

function readOnly({ redirectUris, scope }: AdminClientFields, words: AdminWords): Html {
  return html`${
    redirectUris !== '' &&
    html`<dt>${words.redirectUris}</dt>
      <dd>${redirectUris.split('\n').map((uri) => html`<code class="line">${uri}</code>`)}</dd>`
  }
  ${
    scope !== '' &&
    html`<dt>${words.clientScopes}</dt>
      <dd><code>${scope}</code></dd>`
  }`
}
