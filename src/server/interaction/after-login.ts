/** Where whoever has logged in goes on, however they did it. */

import type { Service } from '../service.ts'
import type { Flow, PageFlow } from './flow.ts'
import type { Visit } from './visit.ts'

/** Answers the address: the authorization request that waits, or the page that was to be seen. */
export async function afterLogin(
  { settings, store }: Service,
  visit: Visit,
  flow: Flow | PageFlow,
): Promise<string> {
  const { basePath, now } = settings
  if (flow.pending !== undefined) return `${basePath}/authorize/continue?flow=${flow.id}`
  // Nothing else ends it. Whether it was there still changes nothing: the person is logged in.
  await store.consumeFlow(flow.hash, visit.browserHash, now())
  return basePath + flow.next
}
