/** What is waited for: a promise of any library or realm, not only one of this one's `Promise`. */

/**
 * Whether a value has to be waited for. A query of many database libraries is no `Promise` and yet resolves to its
 * result: taken for the result itself, "nobody" would look like somebody.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false
  return 'then' in value && typeof value.then === 'function'
}
