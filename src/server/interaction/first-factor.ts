/** What comes after a right password, or after another provider has vouched: the session, or a second factor first. */

import { secondFactorKinds } from '../factors/second-factors.ts'
import type { Service } from '../service.ts'
import type { Flow, PageFlow } from './flow.ts'
import { startSession } from './session-start.ts'
import type { Visit } from './visit.ts'

/** Who has shown what. */
export interface FirstFactor {
  readonly subject: string
  /** RFC 8176. */
  readonly methods: readonly string[]
}

/**
 * Starts the session of whoever has shown one factor; or, for an account with a second one, writes into the flow that they have,
 * and nothing else: until the second is shown no cookie and no other page knows of them.
 *
 * @returns Where the browser goes; `undefined` when the account is not there any more, or disabled.
 */
export async function afterFirstFactor(
  open: Service,
  visit: Visit,
  flow: Flow | PageFlow,
  { subject, methods }: FirstFactor,
): Promise<string | undefined> {
  const { settings, store } = open
  if ((await secondFactorKinds(open, subject)).length > 0) {
    const at = settings.now()
    const isKept = await store.proveFlow(flow.hash, visit.browserHash, { subject, methods, at }, at)
    return isKept ? `${settings.basePath}/login/second-factor?flow=${flow.id}` : undefined
  }
  const detour = await newPasswordFirst(open, visit, flow, { subject, methods })
  if (detour !== undefined) return detour
  const isStarted = await startSession(open, visit, { subject, methods })
  return isStarted ? afterLogin(open, visit, flow) : undefined
}

/**
 * Where whoever has shown all that they have goes before anything else, because the password among it has to be changed; what
 * they have shown is written into the flow alone. `undefined` when nothing has to be changed.
 */
export async function newPasswordFirst(
  { settings, store, accounts }: Service,
  visit: Visit,
  flow: Flow | PageFlow,
  { subject, methods }: FirstFactor,
): Promise<string | undefined> {
  if (!methods.includes('pwd') || (await accounts.get(subject))?.mustChangePassword !== true) return undefined
  const at = settings.now()
  // Where it cannot be kept the page says so.
  await store.proveFlow(flow.hash, visit.browserHash, { subject, methods, at }, at)
  return `${settings.basePath}/login/new-password?flow=${flow.id}`
}

/** Where whoever has logged in goes. */
export async function afterLogin(open: Service, visit: Visit, flow: Flow | PageFlow): Promise<string> {
  const { basePath, now } = open.settings
  if (flow.pending !== undefined) return `${basePath}/authorize/continue?flow=${flow.id}`
  // Nothing else ends it. Whether it was there still changes nothing: the person is logged in.
  await open.store.consumeFlow(flow.hash, visit.browserHash, now())
  return basePath + flow.next
}
