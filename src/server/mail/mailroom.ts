/** The mailroom: turns what is to be said into messages, in the words of the pages, and hands them to the outbox. */

import type { Message, MessageContext } from '../interaction/messages.ts'
import type { PageSet } from '../interaction/pages.ts'
import type { Settings } from '../settings.ts'
import { developmentMail } from './development-mail.ts'
import type { KeptMessage } from './development-mail.ts'
import { outboxOf } from './outbox.ts'
import type { Outbox } from './outbox.ts'

/** Something to be said to somebody. */
export interface Letter {
  /** An address that was checked when it was stored. */
  readonly to: string
  readonly message: Message
}

/** Where the server's mail is written and sent. */
export interface Mailroom {
  /**
   * Writes and sends, behind the answer.
   *
   * @param language Of the person, as a page has it; the first of the pages unless told.
   * @param letters Looks up what there is to say. It may take as long as it likes: nobody waits.
   * @throws {HttpError} 503 when too much waits.
   */
  post(kind: Message['kind'], language: string | undefined, letters: () => Promise<readonly Letter[]>): void
  /** In development, what was sent. */
  readonly kept: (() => readonly KeptMessage[]) | undefined
  readonly close: Outbox['close']
}

/** Whether the server can send mail: what needs it is not offered otherwise. */
export function canMail({ mail, isDevelopment, pages }: Settings): boolean {
  return pages !== undefined && (mail !== undefined || isDevelopment)
}

/**
 * Opens the mailroom.
 *
 * @returns `undefined` where no mail can be sent.
 * @throws {Error} When the package that sends is not installed.
 */
export async function mailroomOf(settings: Settings): Promise<Mailroom | undefined> {
  const { pages } = settings
  if (pages === undefined || !canMail(settings)) return undefined
  const kept = settings.mail === undefined ? developmentMail(settings.now) : undefined
  const mail = settings.mail ?? kept
  if (mail === undefined) return undefined
  await mail.check?.()
  const { from } = mail
  const outbox = outboxOf({ send: (message) => mail.send(message), report: settings.report })
  return {
    post(kind, language, letters) {
      const context = { language: language ?? pages.languages[0] ?? 'en', serviceName: settings.serviceName }
      outbox.post(kind, async () =>
        (await letters()).map(({ to, message }) => ({ from, to, ...written(pages, message, context) })),
      )
    },
    kept: kept?.kept,
    close: () => outbox.close(),
  }
}

function written(
  { messages }: PageSet,
  message: Message,
  context: MessageContext,
): { readonly subject: string; readonly text: string; readonly html: string } {
  const { subject, text, html } = messages(message, context)
  // SECURITY: a name in the subject must not be able to begin another header.
  return { subject: subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), text, html: html.toString() }
}
