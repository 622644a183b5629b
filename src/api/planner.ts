/** Compiles what a route asks for into its plan, once, when the route is added. */

import { alternativesOf } from './alternatives.ts'
import type { BodyDescription, BodyKind, Definition, Requirement } from './definition.ts'
import type { AnyDependency, Dependencies, Override } from './dependency.ts'
import { dependsOnScopes, isParameter, mayHoldParameter, namedMembersOf } from './graph.ts'
import { readsBodyItself, replacementOf } from './graph.ts'
import type { Mention } from './graph.ts'
import { DeclarationError } from './option-error.ts'
import type {
  Check,
  Plan,
  PlanNode,
  PlannedBody,
  PlannedNeed,
  PlannedParameter,
  PlannedStep,
} from './plan.ts'
import { plannedParameter, wireNameOf } from './planned-parameter.ts'
import { insufficientScope, missingCredentials } from './refusal.ts'
import { addedTo, extended, nothing, passedTo, scopesIn } from './requirement.ts'
import type { Scheme } from './scheme.ts'
import { joinedLogins, loginsOf } from './step-up.ts'

/** What a plan is made of. */
export interface Planned {
  /** For messages: `GET /items/{id}`. */
  readonly title: string
  readonly needs: Dependencies
  readonly guards: readonly AnyDependency[]
  readonly overrides: readonly Override[]
  /** The names in the path. */
  readonly pathNames: readonly string[]
  readonly webSocket: boolean
}

/**
 * Compiles what a route asks for.
 *
 * Scopes that are required travel down to the schemes that declare them. What can never be met is refused here: a scope
 * that nothing declares, a path parameter that the path lacks, a resource that would outlive what it stands on.
 */
export function planRoute(planned: Planned): Plan {
  return new Planner(planned).plan()
}

class Planner {
  readonly #planned: Planned
  readonly #shared = new Map<AnyDependency, Map<string, PlanNode>>()
  readonly #parameters: PlannedParameter[] = []
  readonly #bodies: { kind: BodyKind; parameter?: PlannedParameter; files?: PlannedBody['files'][number] }[] =
    []
  readonly #described: BodyDescription[] = []
  #slots = 0

  constructor(planned: Planned) {
    this.#planned = planned
  }

  plan(): Plan {
    const { guards, needs, overrides } = this.#planned
    const mentions: Mention[] = [...guards.map((guard): Mention => ['', guard]), ...Object.entries(needs)]
    const checks = this.#checksOf(mentions, [], overrides)
    const steps: PlannedStep[] = [
      ...guards.map((guard) => ({ name: undefined, node: this.#node(guard, '', nothing, [], overrides, 0) })),
      ...Object.entries(needs).map(([name, needed]) => ({
        name,
        node: this.#node(needed, name, nothing, [], overrides, 0),
      })),
    ]
    return {
      slots: this.#slots,
      checks,
      steps: [false, true].flatMap((late) => steps.filter(({ node }) => node.readsBody === late)),
      parameters: this.#parameters,
      body: this.#body(),
      security: alternativesOf([...guards, ...Object.values(needs)]),
      logins: loginsOf(this.#planned.title, [...guards, ...Object.values(needs)]),
    }
  }

  /** Every scheme that must let the caller pass, with what is required of it, before anything else happens. */
  #checksOf(
    mentions: readonly Mention[],
    above: readonly string[],
    overrides: readonly Override[],
  ): readonly Check[] {
    const found: {
      target: AnyDependency
      scheme: Scheme | undefined
      node: PlanNode
      requirement: Requirement
      optional: boolean
    }[] = []
    const seen = new Map<AnyDependency, Set<string>>()

    const visit = (
      [name, target]: Mention,
      requirement: Requirement,
      path: readonly string[],
      optional: boolean,
      active: readonly Override[],
    ) => {
      const key = JSON.stringify([name, requirement, path, optional, this.#activeOf(active)])
      const before = seen.get(target) ?? new Set()
      if (before.has(key)) return
      seen.set(target, before.add(key))

      const actual = replacementOf(target, active)
      const beneath = actual === target ? active : active.filter((override) => override.target !== target)
      const { definition } = target
      if (definition.kind === 'scheme') {
        const node = this.#node(target, '', requirement, path, active, 1)
        found.push({ target, scheme: definition.scheme, node, requirement, optional })
        return
      }
      const inner = actual.definition
      if (inner.kind === 'security') {
        const added = addedTo(this.#planned.title, requirement, inner.required, inner.inner)
        visit([name, inner.inner], added, extended(path, inner.required), optional, beneath)
      } else if (inner.kind === 'optional') {
        visit([name, inner.inner], requirement, path, true, beneath)
      } else if (inner.kind === 'fresh') {
        visit([name, inner.inner], requirement, path, optional, beneath)
      } else if (inner.kind === 'anyOf') {
        const node = this.#node(target, name, requirement, path, active, 1)
        // A form among the alternatives waits its turn: nothing is read before the other credentials are good.
        if (node.readsBody) return
        found.push({ target, scheme: undefined, node, requirement: nothing, optional })
      } else {
        for (const child of namedMembersOf(inner, name)) {
          visit(child, passedTo(this.#planned.title, child[1], requirement), path, optional, beneath)
        }
      }
    }
    for (const mention of mentions) visit(mention, nothing, above, false, overrides)

    return found.map(({ target, scheme, node, requirement, optional }) => {
      const all = found.filter((other) => other.target === target).map((other) => other.requirement)
      const scopes = [...new Set(all.flatMap(scopesIn))]
      const demand = joinedLogins(
        this.#planned.title,
        all.flatMap(({ logins }) => logins),
      )
      const missing = scheme && once(() => missingCredentials(scheme, scopes))
      const insufficient = scheme && once(() => insufficientScope(scheme, scopes))
      return {
        node,
        scheme,
        requirement,
        optional,
        missing,
        insufficient,
        login: demand && { demand, scopes },
      }
    })
  }

  /** @param depth 0 for what the route itself asks for, whose errors come last. */
  #node(
    target: AnyDependency,
    name: string,
    requirement: Requirement,
    path: readonly string[],
    overrides: readonly Override[],
    depth: number,
  ): PlanNode {
    const actual = replacementOf(target, overrides)
    const beneath = actual === target ? overrides : overrides.filter((override) => override.target !== target)
    const { definition } = actual
    if (definition.kind === 'security') {
      const more = addedTo(this.#planned.title, requirement, definition.required, definition.inner)
      const longer = extended(path, definition.required)
      return this.#node(definition.inner, name, more, longer, beneath, depth)
    }
    if (definition.kind === 'fresh') {
      const { inner } = definition
      const anew = replacementOf(inner, beneath)
      return this.#build(anew, anew.definition, name, requirement, path, beneath, depth)
    }

    const key = `${this.#sharingKey(actual, name, requirement, path, overrides)} ${this.#activeOf(overrides)}`
    const known = this.#shared.get(target)?.get(key)
    if (known !== undefined) return known
    const node = this.#build(actual, definition, name, requirement, path, beneath, depth)
    const siblings = this.#shared.get(target) ?? new Map<string, PlanNode>()
    this.#shared.set(target, siblings.set(key, node))
    return node
  }

  /**
   * Which mentions of a dependency share one value: all of them, except that a parameter is a different one under
   * another name, and that what depends on the required scopes is computed for each set of them.
   */
  #sharingKey(
    actual: AnyDependency,
    name: string,
    requirement: Requirement,
    path: readonly string[],
    overrides: readonly Override[],
  ): string {
    const isNamed = isParameter(actual.definition) || mayHoldParameter(actual.definition)
    const depends = dependsOnScopes(actual, overrides, new Set())
    const required = requirement.scopes.map((group) => [...group].sort()).sort()
    const { logins } = requirement
    return `${isNamed ? name : ''} ${depends ? JSON.stringify([required, path.toSorted(), logins]) : ''}`
  }

  /** Inside of a replacement its original stands for itself: what is beneath is another value there than elsewhere. */
  #activeOf(overrides: readonly Override[]): string {
    const all = this.#planned.overrides
    return overrides.length === all.length ? 'all' : overrides.map((each) => all.indexOf(each)).join()
  }

  #build(
    actual: AnyDependency,
    definition: Definition,
    name: string,
    requirement: Requirement,
    path: readonly string[],
    overrides: readonly Override[],
    depth: number,
  ): PlanNode {
    if (definition.kind === 'security' || definition.kind === 'fresh') {
      return this.#node(actual, name, requirement, path, overrides, depth)
    }
    const slot = this.#slots++
    if (definition.kind === 'anyOf') {
      const alternatives = definition.members.map((member) => {
        const wanted: AnyDependency = {
          scopes: actual.scopes,
          definition: { kind: 'security', inner: member, required: requirement },
        }
        return {
          checks: this.#checksOf([[name, wanted]], path, overrides),
          node: this.#node(member, name, requirement, path, overrides, depth + 1),
        }
      })
      const readsBody = alternatives.some((alternative) => alternative.node.readsBody)
      return { slot, definition, children: [], readsBody, required: path, alternatives }
    }
    const parameter = this.#parameter(definition, name, depth)
    if (definition.kind === 'context') this.#context(definition)

    const children = namedMembersOf(definition, name).map(([childName, child]) => ({
      name: childName,
      node: this.#node(
        child,
        childName,
        passedTo(this.#planned.title, child, requirement),
        path,
        overrides,
        depth + 1,
      ),
    }))
    if (definition.kind === 'resource' && definition.lifetime === 'request') this.#refuseShortLived(children)
    return {
      slot,
      definition,
      children,
      required: path,
      readsBody: readsBodyItself(definition) || children.some(({ node }) => node.readsBody),
      ...(parameter === undefined ? {} : { parameter }),
      ...(definition.kind === 'files' ? { filesName: definition.options.name ?? name } : {}),
    }
  }

  #parameter(definition: Definition, name: string, depth: number): PlannedParameter | undefined {
    if (definition.kind === 'files') {
      const shown = definition.options.name ?? name
      this.#bodies.push({ kind: 'files', files: { name: shown, options: definition.options } })
      return undefined
    }
    if (definition.kind !== 'parameter' && definition.kind !== 'body') return undefined
    const wireName = wireNameOf(definition, name)
    if (
      definition.kind === 'parameter' &&
      definition.place === 'path' &&
      !this.#planned.pathNames.includes(wireName)
    ) {
      throw new DeclarationError(`${this.#planned.title} has no {${wireName}} in its path`)
    }
    const planned = plannedParameter(definition, wireName, depth === 0)
    if (definition.kind === 'body') this.#bodies.push({ kind: definition.body, parameter: planned })
    else this.#parameters.push(planned)
    return planned
  }

  #context(definition: Extract<Definition, { kind: 'context' }>): void {
    if (definition.webSocketOnly && !this.#planned.webSocket) {
      throw new DeclarationError(`${this.#planned.title} asks for a socket, which only webSocket routes have`)
    }
    if (definition.body !== undefined) {
      this.#described.push(definition.body)
      this.#bodies.push({ kind: 'form' })
    }
  }

  #body(): PlannedBody | undefined {
    if (this.#bodies.length === 0) return undefined
    const { title, webSocket } = this.#planned
    if (webSocket) throw new DeclarationError(`${title} asks for a body, which a WebSocket has not`)
    const kinds = new Set(this.#bodies.map(({ kind }) => (kind === 'json' ? 'json' : 'form')))
    if (kinds.size > 1) throw new DeclarationError(`${title} asks for the body as JSON and as a form at once`)
    return {
      kind: kinds.has('json') ? 'json' : this.#bodies.some(({ kind }) => kind === 'files') ? 'files' : 'form',
      schemas: this.#bodies.flatMap(({ parameter }) => parameter ?? []),
      files: this.#bodies.flatMap(({ files }) => files ?? []),
      described: this.#described,
    }
  }

  /** A request-long resource on top of one that closes with the handler would stand on nothing at its end. */
  #refuseShortLived(children: readonly PlannedNeed[]): void {
    for (const { name, node } of children) {
      const { definition } = node
      if (definition.kind === 'resource' && definition.lifetime === 'handler') {
        throw new DeclarationError(
          `${this.#planned.title}: a resource that lives as long as the request needs "${name}", which closes with the handler; give both the same lifetime`,
        )
      }
      this.#refuseShortLived(node.children)
    }
  }
}

/** Made when it is first needed: by then the application is complete, and so is what its challenges name. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}
