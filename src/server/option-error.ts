/** How a server is told that an option cannot be right. */

/**
 * An option that cannot be used.
 *
 * @param option Its name.
 * @param remedy What would be right.
 */
export function wrongOption(option: string, remedy: string): TypeError {
  return new TypeError(`authorizationServer: the option ${option} is not usable: ${remedy}`)
}
