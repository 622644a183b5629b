/** Mail by SMTP, through the optional package `nodemailer`. */

import type { Transporter } from 'nodemailer'
import type { Mail } from './mail.ts'

/** Where the mail server is. */
export interface SmtpOptions {
  /**
   * `smtps://user:password@mail.example.com` for TLS from the start (port 465), `smtp://…` for STARTTLS (port 587), which is
   * required of every server but one on this machine. From the environment: it holds a password.
   */
  readonly url: string
  /** `no-reply@example.com`, or `Example <no-reply@example.com>`. */
  readonly from: string
}

/**
 * Mail by SMTP. Needs the package `nodemailer`.
 *
 * @example
 *
 * ```ts
 * authorizationServer({ mail: smtp({ url: process.env.SMTP_URL, from: 'Example <no-reply@example.com>' }), … })
 * ```
 *
 * @throws {TypeError} For an address that is none. It does not repeat the address, which may hold a password.
 */
export function smtp({ url, from }: SmtpOptions): Mail {
  const server = serverOf(url)
  if (!/^[^\r\n]+@[^\r\n]+$/.test(from)) throw new TypeError('smtp: the option from must be an address')
  let transport: Promise<Transporter> | undefined
  const opened = (): Promise<Transporter> => {
    transport ??= open(server)
    return transport
  }
  return {
    from,
    check: opened,
    async send({ to, ...message }) {
      const ready = await opened()
      // As an object: a text would be read as a list of addresses.
      await ready.sendMail({ ...message, to: { name: '', address: to } })
    },
  }
}

type Server = ReturnType<typeof serverOf>

function serverOf(url: string) {
  const parsed = URL.parse(url)
  if (parsed === null || !/^smtps?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new TypeError('smtp: the option url must look like smtps://user:password@mail.example.com')
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
  const secure = parsed.protocol === 'smtps:'
  return {
    host,
    port: parsed.port === '' ? (secure ? 465 : 587) : Number(parsed.port),
    secure,
    // Without this a man in the middle could take STARTTLS away and read every link.
    requireTLS: !secure && !isLocal,
    ignoreTLS: !secure && isLocal,
    ...(parsed.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

async function open(server: Server): Promise<Transporter> {
  const { createTransport } = await import('nodemailer').catch((cause: unknown) => {
    throw new Error('smtp() needs its package: npm install nodemailer', { cause })
  })
  return createTransport(server)
}
