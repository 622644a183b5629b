/** A mail: the same as plain text and as HTML, without pictures, and without anything that tells that it was read. */

import { html } from '../http/html.ts'
import type { Message, MessageContext, WrittenMessage } from '../server/interaction/messages.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function messageOf(
  message: Message,
  { language, serviceName }: MessageContext,
  words: Words,
): WrittenMessage {
  const { subject, before, action, after } = words.letter(message, serviceName)
  const link = linkOf(message)
  const middle = link === undefined ? [] : [`${action ?? ''}:\n${link}`]
  return {
    subject,
    text: `${[...before, ...middle, ...after].join('\n\n')}\n`,
    html: html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${subject}</title>
        </head>
        <body style="max-width: 34rem; margin: 0 auto; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif">
          ${before.map((line) => html`<p>${line}</p>`)}
          ${
            link !== undefined &&
            html`<p style="margin: 1.5rem 0">
                <a href="${link}" style="font-weight: 600">${action}</a>
              </p>
              <p style="font-size: 14px; overflow-wrap: anywhere">${link}</p>`
          }
          ${after.map((line) => html`<p>${line}</p>`)}
        </body>
      </html>`,
  }
}

function linkOf(message: Message): string | undefined {
  if ('link' in message) return message.link
  return message.kind === 'sign_up_known' ? message.loginLink : undefined
}
