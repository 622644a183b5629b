/** What all pages have in common: the head, the card, and the parts that come again. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { PageClient, PageContext, PageForm } from '../server/interaction/pages.ts'
import type { Words } from './words.ts'

/** What may stand around a page. */
export interface LayoutOptions {
  /** Stands above the card. */
  readonly navigation?: Html
}

/** A whole document. */
export function layout(
  { language, serviceName, stylesheet }: PageContext,
  title: string,
  body: Html,
  { navigation }: LayoutOptions = {},
): Html {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} &ndash; ${serviceName}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${stylesheet}" />
      </head>
      <body>
        <header><bdi>${serviceName}</bdi></header>
        ${navigation}
        <main${navigation && html` class="wide"`}>${body}</main>
      </body>
    </html>`
}

/** A form of ours around fields. */
export function formOf({ action, csrf }: PageForm, fields: HtmlValue): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="csrf" value="${csrf}" />${fields}
  </form>`
}

/** The name of an application. It is the client's own text: kept apart from ours, whichever way it is written. */
export function clientName({ name, host }: PageClient): Html {
  const from = host === undefined || host === name ? undefined : html` (<bdi dir="ltr">${host}</bdi>)`
  return html`<bdi><strong>${name}</strong></bdi
    >${from}`
}

/** The warning about an application that nobody has vouched for, or only its own host. */
export function unverifiedMark({ isUnverified, host }: PageClient, words: Words): HtmlValue {
  if (host !== undefined) {
    return html`<p class="warning">
      ${words.publishedAt} <strong><bdi dir="ltr">${host}</bdi></strong
      >. ${words.publishedText}
    </p>`
  }
  return isUnverified
    ? html`<p class="warning">
        <strong>${words.unverified}.</strong>
        ${words.unverifiedText}
      </p>`
    : undefined
}
