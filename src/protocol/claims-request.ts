/** The `claims` parameter (OpenID Connect Core §5.5): single claims, asked for by name. */

/** What is asked for, by where it is to be told. */
export interface ClaimsRequest {
  readonly userinfo: readonly string[]
  readonly idToken: readonly string[]
  /** Only this person will do (Core §5.5.1). */
  readonly subject?: string
  /** How surely they are to be known, for the ID token (Core §5.5.1.1). */
  readonly acr?: { readonly values: readonly string[]; readonly isEssential: boolean }
}

/** Names beyond these are not looked at: nobody knows so many claims. */
const most = 50

/**
 * Reads it.
 *
 * @returns `undefined` when it is no such JSON.
 */
export function parseClaimsRequest(text: string): ClaimsRequest | undefined {
  const request = objectIn(text)
  if (request === undefined) return undefined
  const { userinfo = {}, id_token: idToken = {} } = request
  if (!isObject(userinfo) || !isObject(idToken)) return undefined
  for (const wish of [...Object.values(userinfo), ...Object.values(idToken)]) {
    // Core §5.5.1: null, or an object that says more.
    if (wish !== null && !isObject(wish)) return undefined
  }
  const subject = [userinfo['sub'], idToken['sub']].map((wish) =>
    isObject(wish) ? wish['value'] : undefined,
  )
  const wanted = subject.find((value) => value !== undefined)
  if (wanted !== undefined && typeof wanted !== 'string') return undefined
  const acr = acrIn(idToken['acr'])
  return {
    userinfo: Object.keys(userinfo).slice(0, most),
    idToken: Object.keys(idToken).slice(0, most),
    ...(wanted === undefined ? {} : { subject: wanted }),
    ...(acr === undefined ? {} : { acr }),
  }
}

function acrIn(wish: unknown): ClaimsRequest['acr'] {
  if (!isObject(wish)) return undefined
  const { value, values, essential } = wish
  const all = [value, ...(Array.isArray(values) ? values : [])]
  return {
    values: all.filter((each) => typeof each === 'string').slice(0, most),
    isEssential: essential === true,
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
