/** The mails of development, to be read in the browser. There is no such page anywhere else. */

import { HttpError } from '../../http/http-error.ts'
import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type { PageContext } from '../interaction/pages.ts'
import type { KeptMessage } from '../mail/development-mail.ts'
import { addPage } from './page-request.ts'
import type { PageSite } from './page-request.ts'

/** Adds `/dev/outbox`. */
export function addOutboxPage(site: PageSite): void {
  addPage(site, '/dev/outbox', {
    shown: async ({ open, visit }) => {
      const { issuer } = open.settings
      // SECURITY: a neighbour on the network, or a page whose name was pointed here, must not read links.
      const isHere = visit.address === undefined || /^(127\.|::1$|::ffff:127\.)/.test(visit.address)
      const isAsked = new URL(visit.request.url).host === new URL(issuer).host
      const kept = open.mail?.kept
      if (kept === undefined || !isHere || !isAsked) throw new HttpError(404, 'Not found')
      return visit.page(200, outbox(kept(), issuer, visit.context))
    },
  })
}

function outbox(kept: readonly KeptMessage[], issuer: string, { stylesheet }: PageContext): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Outbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${stylesheet}" />
      </head>
      <body>
        <header>Development</header>
        <main>
          <h1>Outbox</h1>
          <p class="quiet">
            Mails that this server would have sent. This page is only there in development; the option
            <code>mail</code> sends them.
          </p>
          ${kept.length === 0 && html`<p>Nothing yet.</p>`} ${kept.map((message) => shown(message, issuer))}
        </main>
      </body>
    </html>`
}

function shown({ to, subject, text, at }: KeptMessage, issuer: string): Html {
  return html`<h2>${subject}</h2>
    <p class="quiet">To <bdi>${to}</bdi>, ${new Date(at).toISOString()}</p>
    ${text
      .trim()
      .split('\n')
      .map((line) => (line === '' ? '' : html`<p>${line.startsWith(issuer) ? linked(line) : line}</p>`))}`
}

function linked(address: string): Html {
  return html`<a href="${address}">${address}</a>`
}
