/** A single-page application on its own address: files that are sent as they are, and one that says where the service is. */

import { readFile } from 'node:fs/promises'
import { api } from 'gatewright'
import type { Api } from 'gatewright'

const files = [
  ['/', 'index.html', 'text/html'],
  ['/app.js', 'app.js', 'text/javascript'],
  ['/session.js', 'session.js', 'text/javascript'],
  ['/style.css', 'style.css', 'text/css'],
] as const

/** The application. Any web server would do; what it must send along are these headers. */
export function singlePage(issuer: string): Api {
  const headers = {
    // A script from elsewhere could use the tokens, so there is none; and they go nowhere but to the service.
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      'img-src data:',
      `connect-src 'self' ${issuer}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  }
  const app = api({ title: 'Pinboard', docs: false })
  for (const [path, file, type] of files) {
    app.get(path, {}, async () => {
      const content = await readFile(new URL(`single-page/${file}`, import.meta.url))
      return new Response(content, { headers: { ...headers, 'content-type': `${type}; charset=utf-8` } })
    })
  }
  return app.get('/config.json', {}, () => ({ issuer, clientId: 'pinboard', scope: 'notes:read' }))
}
