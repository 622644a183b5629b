/** `WWW-Authenticate` challenges (RFC 9110 §11.6.1): built so that no value can break out of its quotes. */

/**
 * One challenge.
 *
 * @example
 *
 * ```ts
 * challenge('Bearer', { error: 'insufficient_scope', scope: 'read:users' })
 * // Bearer error="insufficient_scope", scope="read:users"
 * ```
 *
 * @param scheme The authentication scheme, as it is written in its RFC: `Bearer`, `DPoP`.
 * @param parameters Those without a value are left out.
 */
export function challenge(
  scheme: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  const shown = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${quoted(value ?? '')}`)
  return shown.length === 0 ? scheme : `${scheme} ${shown.join(', ')}`
}

/** RFC 9110 §5.6.4. Line breaks would begin a header of their own, so nothing outside of printable ASCII stays. */
function quoted(value: string): string {
  return `"${value.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
