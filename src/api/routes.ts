/** How routes are declared: the methods that an application and a router share, and their types. */

import type { Contract } from './contract.ts'
import type { AnyDependency, Dependencies, Values } from './dependency.ts'
import type { PathParameter } from './parameters.ts'
import type { NamesOf } from './path-template.ts'

/** What must hold before a route is reached: one dependency or several, for what they refuse. */
export type Guard = AnyDependency | readonly AnyDependency[]

/** The methods that have a function of their own. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Adds a route for one method. */
export interface AddRoute<Self, Prefix extends string = ''> {
  /**
   * @param path `/items/{id}`, or `/files/{file:path}` for the rest of a path.
   * @param needs What the handler asks for, by name.
   * @param handler Gets it. What it returns becomes a JSON response; a `Response` is sent as it is.
   */
  <const Path extends string, Needs extends Dependencies>(
    path: Path & Fitting<`${Prefix}${Path}`, Needs>,
    needs: Needs,
    handler: (values: Values<Needs>) => unknown,
  ): Self

  /** @param contract What the route promises; the handler is held to it. */
  <const Path extends string, Needs extends Dependencies, Input, Output>(
    path: Path & Fitting<`${Prefix}${Path}`, Needs>,
    needs: Needs,
    contract: Contract<Input, Output>,
    handler: (values: Values<Needs>) => NoInfer<Returned<Input> | Promise<Returned<Input>>>,
  ): Self
}

/** What a handler may return for a schema: the same, and it need not be writable, as nobody is going to write to it. */
export type Returned<Input> = Input extends readonly (infer Element)[]
  ? readonly Returned<Element>[]
  : Input extends Plain
    ? Input
    : Input extends object
      ? { readonly [Name in keyof Input]: Returned<Input[Name]> }
      : Input

/** What is returned as it is, not member by member. */
type Plain = Date | File | Uint8Array | ((...parameters: never[]) => unknown)

/** Adds a WebSocket route. */
export interface AddWebSocket<Self, Prefix extends string = ''> {
  /**
   * Refusals and validation errors answer the handshake, before there is a connection. The connection closes when the
   * handler returns, with 1011 when it throws.
   *
   * @param needs What the handler asks for; `socket` for the connection.
   */
  <const Path extends string, Needs extends Dependencies>(
    path: Path & Fitting<`${Prefix}${Path}`, Needs>,
    needs: Needs,
    handler: (values: Values<Needs>) => unknown,
  ): Self

  /** @param contract Only `open`, `guard` and `limits` mean anything here. */
  <const Path extends string, Needs extends Dependencies>(
    path: Path & Fitting<`${Prefix}${Path}`, Needs>,
    needs: Needs,
    contract: Pick<Contract, 'open' | 'guard' | 'limits'>,
    handler: (values: Values<Needs>) => unknown,
  ): Self
}

/** What an application and a router have in common. */
export interface Routes<Self, Prefix extends string = ''> {
  readonly get: AddRoute<Self, Prefix>
  readonly post: AddRoute<Self, Prefix>
  readonly put: AddRoute<Self, Prefix>
  readonly patch: AddRoute<Self, Prefix>
  readonly delete: AddRoute<Self, Prefix>
  readonly webSocket: AddWebSocket<Self, Prefix>
}

/**
 * What a path must be besides itself. It stands with the path and not with the record, where the compiler would work it
 * out anew for everything in the record: three hundred routes cost half as much this way.
 */
export type Fitting<Path extends string, Needs> = [Unfit<Path, Needs>] extends [never]
  ? unknown
  : Mistake<`${Path} has no {${Unfit<Path, Needs>}}`>

/** The names under which path parameters are asked for that are not in the path. */
type Unfit<Path extends string, Needs> = {
  [Name in keyof Needs]: Needs[Name] extends PathParameter<unknown> ? Exclude<Name, NamesOf<Path>> : never
}[keyof Needs] &
  string

declare const mistake: unique symbol

/** Nothing is one of these: the compiler shows the text when it says so. */
export interface Mistake<out Text extends string> {
  readonly [mistake]: Text
}

/** A route as it was declared, before guards and overrides are known. */
export interface Declared {
  /** An HTTP method, or `WEBSOCKET`. */
  readonly method: Method | 'WEBSOCKET'
  readonly path: string
  readonly needs: Dependencies
  readonly contract: Contract
  readonly handler: (values: Readonly<Record<string, unknown>>) => unknown
  /** Outermost first. */
  readonly guards: readonly AnyDependency[]
  readonly tags: readonly string[]
}

/** The functions of {@link Routes}, each handing what was declared to `add`. */
export function routeMethods<Self, Prefix extends string>(
  add: (route: Pick<Declared, 'method' | 'path' | 'needs' | 'contract' | 'handler'>) => Self,
): Routes<Self, Prefix> {
  const adder =
    (method: Declared['method']) =>
    (path: string, needs: Dependencies, ...rest: readonly unknown[]): Self => {
      const [contract, handler] = (rest.length === 1 ? [{}, ...rest] : rest) as [
        Declared['contract'],
        Declared['handler'],
      ]
      return add({ method, path, needs, contract, handler })
    }
  // One implementation for both overloads; which one was called is told by the number of arguments.
  const route = (method: Method): AddRoute<Self, Prefix> => adder(method)
  return {
    get: route('GET'),
    post: route('POST'),
    put: route('PUT'),
    patch: route('PATCH'),
    delete: route('DELETE'),
    webSocket: adder('WEBSOCKET'),
  }
}

/** A guard as a list. */
export function guardList(guard: Guard | undefined): readonly AnyDependency[] {
  if (guard === undefined) return []
  return 'definition' in guard ? [guard] : guard
}
