/** One request through one route: authorize, resolve, handle, close, answer, clean up. */

import { HttpError } from '../http/http-error.ts'
import { asNative } from '../http/node-request.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { Rejection } from '../protocol/rejection.ts'
import { Context } from './context.ts'
import { Deadlines } from './deadlines.ts'
import type { Deadline } from './deadlines.ts'
import { Refusal } from './refusal.ts'
import { bareFailure, errorReply, leavesInPieces, refusalReply, replyTo, whenSent } from './reply.ts'
import type { Framing } from './reply.ts'
import { Resolution } from './resolve.ts'
import type { Values } from './resolve.ts'
import { Resources } from './resources.ts'
import type { Route } from './route.ts'
import { isThenable } from './thenable.ts'

/** Turns an error into a handler's result. `undefined` leaves it to the next handler. */
export type ErrorHandler = (error: unknown, request: Request) => unknown

/** What a route needs of the application while it answers. */
export interface Surroundings {
  /** What the application does about errors, newest first. */
  readonly errorHandlers: readonly ErrorHandler[]
  /** Told of what nobody foresaw; the client gets a bare 500. */
  readonly report: (error: unknown) => void
  /** Keeps the application from stopping before this is done. */
  readonly keep: (work: Promise<unknown>) => void
}

/** A request, matched with its route. */
export interface Matched {
  readonly request: Request
  /** The query, without the question mark. */
  readonly search: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly address: string | undefined
  readonly framing: Framing
}

/** A request on its way, and all that has come of it so far. */
interface Run {
  readonly route: Route
  readonly context: Context
  readonly resources: Resources
  readonly around: Surroundings
  readonly framing: Framing
}

/** Answers a request. Never throws. Where nothing has to be waited for, at once: a turn of the event loop has its price. */
export function respond(route: Route, matched: Matched, around: Surroundings): Response | Promise<Response> {
  const { request, search, pathParameters, address, framing } = matched
  const context = new Context(request, search, pathParameters, route.plan.slots, address)
  const run: Run = { route, context, resources: new Resources(), around, framing }
  const answer = begun(run)
  return answer instanceof Promise && route.limits.timeout > 0 ? inTime(run, answer) : answer
}

function begun(run: Run): Response | Promise<Response> {
  const { route, context, resources, around, framing } = run
  try {
    const resolution = new Resolution(route.plan, context, route.limits, resources)
    // The way of a flood: turned away before anything is opened.
    const refusal = resolution.authorize()
    if (refusal instanceof Refusal) return refused(refusal, context.request, resources, around, framing)
    if (refusal !== undefined) return authorized(run, resolution, refusal)
    const values = resolution.values()
    return isThenable(values) ? handled(run, values) : answered(run, values)
  } catch (error) {
    return failure(run, error)
  }
}

async function authorized(
  run: Run,
  resolution: Resolution,
  authorizing: PromiseLike<Refusal | undefined>,
): Promise<Response> {
  try {
    const refusal = await authorizing
    if (refusal === undefined) return handled(run, resolution.values())
    return refused(refusal, run.context.request, run.resources, run.around, run.framing)
  } catch (error) {
    return failure(run, error)
  }
}

async function handled(
  run: Run,
  resolving: Values | Refusal | PromiseLike<Values | Refusal>,
): Promise<Response> {
  try {
    return answered(run, await resolving)
  } catch (error) {
    return failure(run, error)
  }
}

/** The handler's turn. */
function answered(run: Run, values: Values | Refusal): Response | Promise<Response> {
  const { route, resources } = run
  if (values instanceof Refusal) throw values.toError()
  const result = route.handler(values)
  const isDone = !isThenable(result) && route.conform === undefined && resources.isEmpty
  return isDone ? replied(run, result, result) : concluded(run, result)
}

/** What comes between the handler and the answer. */
async function concluded(run: Run, handling: unknown): Promise<Response> {
  const { route, context, resources } = run
  try {
    const result = await handling
    const isReady = result instanceof Response
    const body = isReady || route.conform === undefined ? result : await route.conform(result)
    // The client was told to try again: what it asked for must not happen all the same.
    if (context.hasTimedOut) throw tookTooLong()
    await resources.closeAfterHandler()
    return replied(run, result, body)
  } catch (error) {
    return failure(run, error)
  }
}

/** The answer from the handler's result, and from what the contract made of it. */
function replied(run: Run, result: unknown, body: unknown): Response {
  const { route, context, resources, around, framing } = run
  const isReady = result instanceof Response
  const isStreamed = leavesInPieces(body)
  const response = replyTo(body, route.contract.status, isReady ? undefined : context.touched, framing)
  if (!resources.isEmpty || context.hasTasks) {
    return finishing(response, isStreamed, context, resources, around)
  }
  // Nobody else hears of a stream that breaks: the client only sees that it ends.
  return isStreamed && !isReady
    ? whenSent(response, (broken) => broken && around.report(broken.error))
    : response
}

/** Something threw: what is open hears of it, and what comes of that decides. */
async function failure(
  { route, context, resources, around, framing }: Run,
  error: unknown,
): Promise<Response> {
  const deciding = resources.isEmpty ? error : await resources.fail(error)
  return failed(challenged(deciding, route), context.request, around, framing)
}

/**
 * A 401 that a dependency threw, with the challenge of the scheme that had let the caller pass: RFC 9110 §15.5.2 wants
 * one, and nobody should have to write it by hand.
 */
function challenged(error: unknown, route: Route): unknown {
  if (!(error instanceof HttpError) || error.status !== 401) return error
  const scheme = route.plan.checks.find((check) => check.scheme !== undefined)?.scheme
  const hasOwn = Object.keys(error.headers).some((name) => name.toLowerCase() === 'www-authenticate')
  if (scheme === undefined || hasOwn) return error
  const challenge = scheme.invalid(new Rejection(error.message), [])
  const headers = { ...error.headers, 'www-authenticate': challenge }
  return new HttpError(401, error.detail, { headers, cause: error })
}

/** A caller turned away by a check. What an alternative or a replaced scheme has opened by then is told and closed. */
export function refused(
  refusal: Refusal,
  request: Request,
  resources: Resources,
  around: Surroundings,
  framing: Framing,
): Response | Promise<Response> {
  if (!resources.isEmpty) {
    return resources.fail(refusal.toError()).then((error) => failed(error, request, around, framing))
  }
  // An application's own words for errors are its words for refusals too; without any, the prebuilt ones leave at once.
  return around.errorHandlers.length > 0
    ? failed(refusal.toError(), request, around, framing)
    : refusalReply(refusal, framing)
}

/** Lets the response leave, then runs the background tasks, then closes what lived as long as the request. */
function finishing(
  response: Response,
  isStreamed: boolean,
  context: Context,
  resources: Resources,
  around: Surroundings,
): Response {
  const { promise, resolve } = Promise.withResolvers<void>()
  around.keep(promise)
  const finish = async (failure?: { readonly error: unknown }): Promise<void> => {
    // By now the response is on its way: one turn of the event loop lets its first bytes be written.
    await new Promise((next) => setTimeout(next, 0))
    for (const task of context.tasks) {
      try {
        await task()
      } catch (error) {
        around.report(error)
      }
    }
    try {
      // A stream that broke is no success: what was opened for it hears of the error, as if the handler had thrown it.
      if (failure === undefined) await resources.closeAfterResponse()
      else around.report(await resources.fail(failure.error))
    } catch (error) {
      around.report(error)
    }
    resolve()
  }
  if (isStreamed) return whenSent(response, (failure) => void finish(failure))
  void finish()
  return response
}

/** The answer, or 503 when it has not begun in time. */
function inTime({ route, context, framing }: Run, answer: Promise<Response>): Promise<Response> {
  const { timeout } = route.limits
  return new Promise((resolve) => {
    const deadline: Deadline = {
      at: performance.now() + timeout,
      expire: () => {
        context.timeOut()
        resolve(errorReply(tookTooLong(), framing))
      },
      before: undefined,
      after: undefined,
    }
    deadlines.add(deadline, timeout)
    void answer.then((response) => {
      deadlines.met(deadline)
      resolve(response)
    })
  })
}

const deadlines = new Deadlines()

function tookTooLong(): HttpError {
  return new HttpError(503, 'The request took too long', { headers: { 'retry-after': '1' } })
}

/** An error as a response: the application's own handlers first, then what the error says of itself. */
export async function failed(
  error: unknown,
  request: Request,
  around: Surroundings,
  framing: Framing,
): Promise<Response> {
  let deciding = error
  for (const handler of around.errorHandlers) {
    try {
      const result = await handler(deciding, asNative(request))
      if (result !== undefined) return replyTo(result, 500, undefined, framing)
    } catch (thrown) {
      deciding = thrown
    }
  }
  if (isTransient(deciding)) {
    around.report(deciding)
    return errorReply(new HttpError(503, undefined, { headers: { 'retry-after': '1' } }), framing)
  }
  try {
    if (deciding instanceof HttpError || deciding instanceof OAuthError) {
      const reply = errorReply(deciding, framing)
      if (deciding.status >= 500) around.report(deciding)
      return reply
    }
  } catch (unusable) {
    // A status that is none, or a line break in a header: a fault like any other, and nothing of it leaves.
    deciding = unusable
  }
  around.report(deciding)
  return bareFailure(framing)
}

/** A database that is busy or away says so of its errors: the same request may succeed a moment later. */
function isTransient(error: unknown): boolean {
  return error instanceof Error && 'isTransient' in error && error.isTransient === true
}
