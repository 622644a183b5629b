/** What is read of what a provider says of a person: text of a sensible length, and nothing else. */

/** The text of a member; `undefined` for what is none, is empty, or is longer than any of ours. */
export function textIn(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = claims[name]
  if (typeof value !== 'string' || value === '' || value.length > 500) return undefined
  return value.isWellFormed() && !value.includes('\0') ? value : undefined
}
