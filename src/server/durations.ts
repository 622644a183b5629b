/** Lengths of time among the options, in seconds: checked and completed. */

import { wrongOption } from './option-error.ts'

/** In seconds. */
export const day = 86_400

/**
 * Those that were given, and the usual ones for the rest.
 *
 * @param option The name of the option that they are in.
 * @throws {TypeError} For one that cannot be right, or that there is not.
 */
export function completedDurations<Names extends string>(
  option: string,
  defaults: Readonly<Record<Names, number>>,
  given: Partial<Readonly<Record<Names, number>>> = {},
): Record<Names, number> {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw wrongOption(`${option}.${name}`, `there are ${Object.keys(defaults).join(', ')}`)
    }
    if (!isDuration(value)) throw wrongOption(`${option}.${name}`, 'seconds above 0, and at most ten years')
  }
  return { ...defaults, ...given }
}

/** Seconds above 0, and no more than ten years: beyond that somebody meant milliseconds. */
export function isDuration(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && seconds > 0 && seconds <= 3650 * day
}
