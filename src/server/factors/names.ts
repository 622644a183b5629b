/** What people call their second factors. */

/**
 * The name as it is kept: in one line, of what can be seen, and not long.
 *
 * @param fallback For a name that is not there, or of which nothing is left.
 */
export function nameOf(typed: string | undefined, fallback: string): string {
  const name = (typed ?? '')
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return [...name].slice(0, 60).join('') || fallback
}
