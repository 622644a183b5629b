/** What a wrong option or a route that cannot work is answered with, before the first request. */

/** The API was declared in a way that cannot work; the message names what and says what would be right. */
export class DeclarationError extends TypeError {
  override readonly name = 'DeclarationError'
}

/**
 * An option that cannot be used.
 *
 * @param of The function it was given to.
 * @param option Its name.
 * @param remedy What would be right.
 */
export function invalidOption(of: string, option: string, remedy: string): DeclarationError {
  return new DeclarationError(`${of}: the option ${option} is not usable: ${remedy}`)
}
