/** What e-mail addresses are compared by. */

/**
 * The form of an address in which two that reach the same mailbox nearly everywhere are equal: `Ada@example.com` and
 * `ada@example.com`. Mail is sent to the address as it was written.
 */
export function emailKey(email: string): string {
  // Lower case can take a text out of its normal form, so it is brought back.
  return email.normalize('NFKC').toLowerCase().normalize('NFKC')
}
