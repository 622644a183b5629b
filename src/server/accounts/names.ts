/** What a username, a name, an e-mail address and a scope may look like, and the one form each is kept in. */

import { domainToASCII } from 'node:url'
import { AccountError } from './error.ts'

/** A username in the form its owner sees, and the one it is compared by. */
export interface Username {
  readonly username: string
  readonly usernameKey: string
}

/**
 * Reads a username: 1 to 100 characters, no control characters, none that cannot be seen. Case, width and the spaces
 * around it make no difference: `Alice`, ` alice` and `ＡＬＩＣＥ` are one account.
 *
 * @throws AccountError `invalid_username`
 */
export function parseUsername(text: string): Username {
  const username = readUsername(text)
  if (username !== undefined) return username
  throw new AccountError(
    'invalid_username',
    'A username has 1 to 100 characters, without control characters and invisible ones',
  )
}

/** Reads a username that somebody types to log in: `undefined` for one that no account can have. */
export function readUsername(text: string): Username | undefined {
  // Before the work of normalising: no spelling of 100 characters is longer.
  if (typeof text !== 'string' || text.length > 1000) return undefined
  const username = withoutMargin(text).normalize('NFC')
  // Lower case can take a text out of its normal form, so it is brought back.
  const usernameKey = withoutMargin(username.normalize('NFKC').toLowerCase().normalize('NFKC'))
  const { length } = [...usernameKey]
  if (length === 0 || length > 100 || isHidden(username) || isHidden(usernameKey)) return undefined
  return { username, usernameKey }
}

/**
 * Reads a person's name: up to 200 characters on one line.
 *
 * @throws AccountError `invalid_name`
 */
export function parseName(text: string): string {
  const name = typeof text === 'string' && text.length <= 1000 ? withoutMargin(text).normalize('NFC') : ''
  if (name !== '' && [...name].length <= 200 && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) return name
  throw new AccountError('invalid_name', 'A name has 1 to 200 characters on one line')
}

/**
 * Reads an e-mail address: first brought to its normal form, then checked, so that nothing becomes an `@` or a line break
 * later on. The domain is kept in lower case ASCII. Quoted local parts are refused.
 *
 * @throws AccountError `invalid_email`
 */
export function parseEmail(text: string): string {
  const email = readEmail(text)
  if (email !== undefined) return email
  throw new AccountError('invalid_email', 'An e-mail address looks like name@example.com')
}

/** Reads an e-mail address that somebody types: `undefined` for one that no account can have. */
export function readEmail(text: string): string | undefined {
  const address = typeof text === 'string' && text.length <= 1000 ? withoutMargin(text).normalize('NFC') : ''
  const [local = '', domain = '', ...rest] = address.split('@')
  const isStable = address.normalize('NFKC') === address
  if (
    isStable &&
    rest.length === 0 &&
    local.length <= 64 &&
    localPart.test(local) &&
    domainShape.test(domain)
  ) {
    const ascii = domainToASCII(domain)
    if (domainName.test(ascii) && local.length + ascii.length < 254) return `${local}@${ascii}`
  }
  return undefined
}

/**
 * Reads the scopes of an account (RFC 6749 §3.3), each once.
 *
 * @throws AccountError `invalid_scope` for one that is malformed, or not among the known ones where those are told.
 */
export function parseScopes(
  scopes: readonly string[],
  known: ReadonlySet<string> | undefined,
): readonly string[] {
  for (const scope of scopes) {
    if (!scopeToken.test(scope) || (known !== undefined && !known.has(scope))) {
      throw new AccountError('invalid_scope', 'An account may only have scopes that are declared')
    }
  }
  return [...new Set(scopes)]
}

// RFC 5322 §3.2.3 without quoting, and letters of any script (RFC 6531).
const localPart = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const domainShape = /^[\p{L}\p{M}\p{N}.-]{3,255}$/u
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

/** Takes spaces away at both ends, and nothing else: a line break at an end is as wrong as one in the middle. */
function withoutMargin(text: string): string {
  return text.replace(/^\p{Zs}+/u, '').replace(/\p{Zs}+$/u, '')
}

/** Control characters, lone surrogates, unassigned ones, line breaks, and what has no glyph of its own. */
function isHidden(text: string): boolean {
  return /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(text)
}
