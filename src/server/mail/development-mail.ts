/** Mail in development: nothing leaves the machine. Messages are printed, and shown at `/dev/outbox`. */

import type { Mail, MailMessage } from './mail.ts'

/** A message that was kept to be looked at. */
export interface KeptMessage extends MailMessage {
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Mail that stays here. */
export interface DevelopmentMail extends Mail {
  /** The latest first. */
  readonly kept: () => readonly KeptMessage[]
}

/** The most that are kept. */
const most = 50

/** Makes it. */
export function developmentMail(now: () => number): DevelopmentMail {
  const kept: KeptMessage[] = []
  return {
    from: 'development@localhost',
    async send(message) {
      kept.unshift({ ...message, at: now() })
      kept.length = Math.min(kept.length, most)
      console.info(`Mail to ${message.to}: ${message.subject}\n\n${message.text}`)
    },
    kept: () => kept,
  }
}
