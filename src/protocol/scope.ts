/** Scopes: whole words, told apart by case, with one space between them (RFC 6749 §3.3). */

/**
 * The words of a `scope` parameter, each once, or `undefined` if it does not follow the grammar.
 *
 * @example
 *
 * ```ts
 * parseScope('read write') // ['read', 'write']
 * parseScope('read\u00a0write') // undefined
 * ```
 */
export function parseScope(scope: string): readonly string[] | undefined {
  const words = scope.split(' ')
  return words.every(isScopeToken) ? [...new Set(words)] : undefined
}

/** The `scope` parameter for these words. */
export function formatScope(words: readonly string[]): string {
  return words.join(' ')
}

/**
 * The scopes that a verified token grants. A word outside of the grammar grants nothing and spoils nothing: such a
 * token is good, but not for that.
 */
export function grantedScopes(scope: string): readonly string[] {
  return [...new Set(scope.split(' ').filter(isScopeToken))]
}

/** Whether this is one word of the grammar: visible ASCII without quote and backslash. */
export function isScopeToken(word: string): boolean {
  return scopeToken.test(word)
}

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/
