/** People make accounts for themselves, and get back in when they have forgotten the password: by links in mails. */

import { api, security } from 'gatewright'
import { authorizationServer, smtp } from 'gatewright/server'
import type { Mail } from 'gatewright/server'

const { DATABASE_URL = 'sqlite::memory:', SMTP_URL, MAIL_API, MAIL_API_KEY = '' } = process.env

const from = 'Bookshelf <no-reply@bookshelf.example>'

/** In front of the API of a mail service: whatever it throws is tried again, and reported without the address. */
export function mailService(url: string, key: string): Mail {
  return {
    from,
    async send(message) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(message),
      })
      if (!response.ok) throw new Error(`The mail service answered ${response.status}`)
    },
  }
}

export const server = authorizationServer({
  issuer: 'http://localhost:8000',
  database: DATABASE_URL,
  serviceName: 'Bookshelf',
  scopes: { 'books:read': 'Read your list of books' },
  signUp: true,
  // Without either, in development, mails are printed and shown at /dev/outbox.
  ...(SMTP_URL && { mail: smtp({ url: SMTP_URL, from }) }),
  ...(MAIL_API && { mail: mailService(MAIL_API, MAIL_API_KEY) }),
  passwords: {
    minimumLength: 15,
    isAllowed: (password) => !password.toLowerCase().includes('bookworm'),
  },
})

const auth = server.bearer()

export const app = api({ title: 'Books' })
  .mount(server)
  .get('/books', { token: security(auth, ['books:read']) }, ({ token }) => ({ of: token.subject }))

if (import.meta.main) await app.listen({ port: 8000 })
