/**
 * How the answer of an authorization server gets from the window it comes back to into the docs page.
 *
 * Not through `window.opener`, as Swagger UI does it: a login page that keeps its window to itself
 * (`Cross-Origin-Opener-Policy`), ours among them, leaves none. Two pages of one origin hear each other on a channel.
 */

/** Runs in the window that was opened, at the redirect URI: hands on what the address says, and closes the window. */
export const redirectScript: string = `'use strict'
{
  const { origin, pathname, search, hash } = location
  const answer = (/code|token|error/.test(hash) ? hash : search).slice(1)
  // RFC 6749 §10.5: a code in the address would be in the history as well.
  history.replaceState(null, '', pathname)

  const say = (text) => (document.querySelector('main').textContent = text)
  const late = setTimeout(() => say('Nobody waits for this any more. Close this window and press Authorize again.'), 3000)
  const channel = new BroadcastChannel('authorization at ' + origin + pathname)
  channel.onmessage = ({ data }) => {
    if (data.taken !== answer) return
    clearTimeout(late)
    say('Done. You can close this window.')
    window.close()
  }
  channel.postMessage({ answer })
}
`

/** Part of the docs page's script: takes the answer, and does with it what Swagger UI does in the other window. */
export const redirectReceiver: string = `
  const channel = new BroadcastChannel('authorization at ' + new URL(settings.redirect, here).href)
  channel.onmessage = ({ data: { answer } }) => {
    const asked = window.swaggerUIRedirectOauth2
    const token = Object.fromEntries(new URLSearchParams(answer))
    // RFC 6749 §10.12: an answer to somebody else's question, or to that of another tab, is not for us.
    if (!asked?.state || token.state !== asked.state) return
    channel.postMessage({ taken: answer })
    const { auth, redirectUrl, callback, errCb } = asked
    if (!/^(accessCode|authorizationCode|authorization_code)$/.test(auth.schema.get('flow'))) {
      callback({ auth, token, isValid: true, redirectUrl })
      return
    }
    delete window.swaggerUIRedirectOauth2
    if (token.code) callback({ auth: { ...auth, code: token.code }, redirectUrl })
    else {
      const message = [token.error, token.error_description].filter(Boolean).join(': ')
      errCb({ authId: auth.name, source: 'auth', level: 'error', message: message || 'There is no code in the answer' })
    }
  }
`
