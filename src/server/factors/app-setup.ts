/** Setting up an authenticator app: the seed waits here, sealed, until the app has shown that it knows it. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { randomToken } from '../../crypto/random.ts'
import { newTotpSeed, totpStep, totpUri } from '../../crypto/totp.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import type { Visit } from '../interaction/visit.ts'
import type { Service } from '../service.ts'
import { addFactor } from './change.ts'
import type { Changed } from './change.ts'
import { openSeed, sealSeed } from './second-factors.ts'

/** How long it waits, in milliseconds. */
const setupLife = 600_000

/** An app that is being set up. */
export interface AppSetup {
  /** Its name in addresses. */
  readonly id: string
  readonly hash: string
  readonly seed: string
  /** The seed as an address for apps. */
  readonly uri: string
}

/** Begins. Answers the name under which it goes on, in this browser and this session. */
export async function beginApp(
  { settings, store }: Service,
  visit: Visit,
  session: StoredSession,
): Promise<string> {
  const id = randomToken(16)
  const hash = hashOf(id)
  const now = settings.now()
  await store.saveFlow({
    hash,
    browserHash: visit.browserHash,
    data: { seed: sealSeed(settings, newTotpSeed(), hash), session: session.id },
    createdAt: now,
    expiresAt: now + setupLife,
  })
  return id
}

/** What was begun; `undefined` in another browser or session, and after ten minutes. */
export async function findAppSetup(
  { settings, store, accounts }: Service,
  visit: Visit,
  session: StoredSession,
  id: string | undefined,
): Promise<AppSetup | undefined> {
  if (id === undefined || !/^[\w-]{22}$/.test(id)) return undefined
  const hash = hashOf(id)
  const found = await store.findFlow(hash, visit.browserHash, settings.now())
  if (found === undefined || found.data['session'] !== session.id) return undefined
  const seed = openSeed(settings, String(found.data['seed']), hash)
  const account = await accounts.get(session.subject)
  if (seed === undefined || account === undefined) return undefined
  return { id, hash, seed, uri: totpUri(seed, { service: settings.serviceName, account: account.username }) }
}

/** Adds the app, once, when this is the code that it shows. */
export async function addApp(
  service: Service,
  visit: Visit,
  session: StoredSession,
  { hash, seed }: AppSetup,
  { code, name }: { readonly code: string; readonly name: string },
): Promise<Changed | 'wrong'> {
  const { settings, store } = service
  const now = settings.now()
  const step = totpStep(seed, code.replaceAll(/\s/g, ''), now)
  if (step === undefined) return 'wrong'
  if (!(await store.consumeFlow(hash, visit.browserHash, now))) return 'gone'
  const id = randomToken(16)
  const app = {
    id,
    subject: session.subject,
    kind: 'totp',
    name,
    data: sealSeed(settings, seed, id),
    // This code is used: the next login takes a later one.
    counter: step,
    createdAt: now,
  } as const
  return addFactor(service, visit, session, app, ['otp'])
}

/** A flow that is no login: nothing looks for it under this name but this. */
function hashOf(id: string): string {
  return sha256Base64url(`app.${id}`)
}
