/** The key of each security scheme under `components.securitySchemes`. */

import { DeclarationError } from './option-error.ts'
import type { Plan } from './plan.ts'
import type { Scheme } from './scheme.ts'

/**
 * Names every scheme the routes reach. One that was named keeps its name; of several with the same default name the
 * second becomes `HTTPBearer2`. Two objects that say the same share a name.
 *
 * @throws {DeclarationError} When two schemes that differ were given one name: one would hide the other.
 */
export function schemeNames(routes: readonly { readonly plan: Plan }[]): ReadonlyMap<Scheme, string> {
  const schemes = new Set(
    routes.flatMap(({ plan }) => plan.security.flatMap((alternative) => [...alternative.keys()])),
  )
  const names = new Map<Scheme, string>()
  const taken = new Map<string, string>()
  for (const scheme of [...schemes].filter(({ name }) => name !== undefined)) {
    const name = scheme.name ?? scheme.defaultName
    const document = JSON.stringify(scheme.document)
    if ((taken.get(name) ?? document) !== document) {
      throw new DeclarationError(
        `Two security schemes that differ are both named ${JSON.stringify(name)}; give each a name of its own`,
      )
    }
    taken.set(name, document)
    names.set(scheme, name)
  }
  for (const scheme of [...schemes].filter(({ name }) => name === undefined)) {
    const document = JSON.stringify(scheme.document)
    let name = scheme.defaultName
    for (let number = 2; (taken.get(name) ?? document) !== document; number++) {
      name = `${scheme.defaultName}${number}`
    }
    taken.set(name, document)
    names.set(scheme, name)
  }
  return names
}
