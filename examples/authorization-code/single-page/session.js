/** Signs its user in at the service, and calls the API with the tokens. It needs nothing but what every browser has. */

const { issuer, clientId, scope } = await (await fetch('config.json')).json()
const service = await metadata()
const redirectUri = `${location.origin}/`

/** In memory alone: no other page and no later visitor finds them there, and a reload ends the session. */
let tokens
let refreshing

/** Sends the browser to the service. It comes back to this page, to {@link finishSignIn}. */
export async function signIn() {
  const [state, verifier] = [random(), random()]
  // The page is about to be left. This storage is of one tab, and of one sign-in: it holds no token.
  sessionStorage.setItem('sign-in', JSON.stringify({ state, verifier }))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  })
  location.assign(`${service.authorization_endpoint}?${request}`)
}

/**
 * Takes what the service has sent the browser back with, where it has.
 *
 * @returns Whether somebody is signed in.
 * @throws {Error} When the person did not agree, or the answer is not for a sign-in that began here.
 */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('state')) return false
  // RFC 6749 §10.5: a code in the address would be in the history as well.
  history.replaceState(null, '', location.pathname)
  const begun = JSON.parse(sessionStorage.getItem('sign-in') ?? '{}')
  sessionStorage.removeItem('sign-in')
  // RFC 6749 §10.12, RFC 9207 §2.4: another page, or another service, may have sent the browser here.
  if (answer.get('state') !== begun.state || answer.get('iss') !== issuer) {
    throw new Error('This answer was not asked for. Sign in again.')
  }
  if (answer.has('error')) throw new Error('You did not sign in.')
  await askForTokens({
    grant_type: 'authorization_code',
    code: answer.get('code'),
    redirect_uri: redirectUri,
    code_verifier: begun.verifier,
  })
  return true
}

/**
 * Calls the API. A token that is not good any more is replaced, once.
 *
 * @throws {Error} When there is no way to another token: the user has to sign in again.
 */
export async function call(path) {
  const used = tokens?.access_token
  const answer = await send(path)
  if (answer.status !== 401) return answer
  // Another call may have been faster.
  if (tokens?.access_token === used) await refresh()
  return send(path)
}

/** Gives the tokens back: the service ends all that came of this sign-in. */
export async function signOut() {
  const body = new URLSearchParams({ client_id: clientId, token: tokens?.refresh_token ?? '' })
  tokens = undefined
  await fetch(service.revocation_endpoint, { method: 'POST', body })
}

function send(path) {
  return fetch(`${issuer}${path}`, { headers: { authorization: `Bearer ${tokens?.access_token}` } })
}

/** One at a time: a refresh token is good once, and the answer brings the next one. */
function refresh() {
  refreshing ??= askForTokens({ grant_type: 'refresh_token', refresh_token: tokens?.refresh_token ?? '' })
    .catch(() => {
      tokens = undefined
      throw new Error('You are signed out. Sign in again.')
    })
    .finally(() => {
      refreshing = undefined
    })
  return refreshing
}

async function askForTokens(form) {
  const body = new URLSearchParams({ client_id: clientId, ...form })
  const answer = await fetch(service.token_endpoint, { method: 'POST', body })
  const sent = await answer.json()
  if (!answer.ok) throw new Error(sent.error_description ?? sent.error)
  tokens = sent
}

/** Everything about the service is in its metadata (RFC 8414), which must be its own (§3.3). */
async function metadata() {
  const found = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
  if (found.issuer !== issuer) throw new Error(`This is not ${issuer}`)
  return found
}

/** 256 bits that nobody can guess. */
function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
