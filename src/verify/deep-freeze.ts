/** Making what a token said unchangeable, since several requests share it. */

/**
 * Freezes parsed JSON all the way down, and drops members named `__proto__`: code that merges claims into an object
 * of its own would run the setter of that name.
 *
 * It keeps its own list instead of calling itself: deep nesting cannot exhaust the stack.
 */
export function deepFreeze<Value extends object>(value: Value): Value {
  const open: object[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Object.hasOwn(next, '__proto__')) Reflect.deleteProperty(next, '__proto__')
    for (const member of Object.values(next) as unknown[]) {
      if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) open.push(member)
    }
    Object.freeze(next)
  }
  return value
}
