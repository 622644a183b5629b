/** Scopes as the pages show them: what each means, and what it opens. */

import type { Service } from '../service.ts'
import type { PageScope } from './pages.ts'

/** @param resources The APIs that are asked for: what a scope opens elsewhere is not told. */
export function pageScopes(
  { settings, operations }: Pick<Service, 'settings' | 'operations'>,
  scopes: readonly string[],
  resources: readonly string[],
): readonly PageScope[] {
  return scopes.map((name) => ({
    name,
    text: settings.scopes[name] ?? settings.openid?.scopes[name]?.text ?? name,
    isIdentity: !Object.hasOwn(settings.scopes, name),
    operations: operations.openedBy(name, resources),
  }))
}
