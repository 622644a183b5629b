/** The mail port: how messages to people leave the server. */

/** A message as it is sent. */
export interface MailMessage {
  /** `no-reply@example.com`, or with a name before it in the form `Example <no-reply@example.com>`. */
  readonly from: string
  /** One address, checked: it has one `@`, no quotes, and nothing that could end a header line. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** How mail is sent: by {@link smtp}, or by a function of your own in front of the API of a mail service. */
export interface Mail {
  /** Who messages are from. */
  readonly from: string
  /**
   * Sends a message. What it throws is reported, and it is tried again three times within about a minute and a half. After 20
   * seconds without an answer a try counts as failed.
   */
  readonly send: (message: MailMessage) => Promise<unknown>
  /** Called once, when the server opens: what it throws keeps the server from starting. */
  readonly check?: () => Promise<unknown>
}
