/** A flow: what a browser has begun and its person has to log in for, kept here until they are done. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { randomToken } from '../../crypto/random.ts'
import type { AuthorizationError } from '../../protocol/authorization-error.ts'
import { nextStep } from '../../protocol/authorization-step.ts'
import type { AuthorizationAnswer } from '../../protocol/authorization-response.ts'
import type { AuthorizationStep } from '../../protocol/authorization-step.ts'
import { redirectUriShape } from '../../protocol/redirect-uri.ts'
import type { FlowProof, NewFlow, StoredSession } from '../../store/grant-store.ts'
import { heldScopes } from '../admin/scopes.ts'
import { secondFactorKinds } from '../factors/second-factors.ts'
import { subjectFor } from '../openid/subject.ts'
import type { Service } from '../service.ts'
import { interactionOf, usedAlready } from './interaction.ts'
import type { BegunAuthorization, PendingAuthorization } from './interaction.ts'
import type { Visit } from './visit.ts'

interface Begun {
  /** Its name in addresses. */
  readonly id: string
  readonly hash: string
  /** The session there was when the request came. */
  readonly sessionBefore: string | undefined
  /** When the request came, in milliseconds since 1970: a login after it is a fresh one. */
  readonly begunAt: number
  /** Who has shown one factor of two here. */
  readonly proof?: FlowProof | undefined
  /** The name of the session whose person has said here that they go on as who they are. */
  readonly chosen?: string | undefined
}

/** The flow of an authorization request. */
export interface Flow extends Begun {
  readonly pending: PendingAuthorization
}

/** The flow of somebody who wants to see a page of this server. */
export interface PageFlow extends Begun {
  readonly pending?: undefined
  /** The page, below the issuer: `/account`. */
  readonly next: string
}

/** Keeps a request until its person is done. */
export async function beginFlow(
  service: Service,
  visit: Visit,
  pending: PendingAuthorization,
): Promise<Flow> {
  const { parameters, pushedRequest, client } = pending
  const begun = await begin(service, visit, {
    clientId: client.id,
    parameters: parameters.map(([name, value]) => [name, value]),
    ...(pushedRequest === undefined ? {} : { pushedRequest }),
  })
  return { ...begun, pending }
}

/**
 * Keeps which page somebody wants to see until they have logged in.
 *
 * @param next A path of this server, which no one else has chosen: see `localPage`.
 */
export async function beginPageFlow(service: Service, visit: Visit, next: string): Promise<PageFlow> {
  return { ...(await begin(service, visit, { next })), next }
}

async function begin({ store, settings }: Service, visit: Visit, data: NewFlow['data']): Promise<Begun> {
  const id = randomToken(16)
  const hash = sha256Base64url(id)
  const now = settings.now()
  const sessionBefore = visit.session?.hash
  await store.saveFlow({
    hash,
    browserHash: visit.browserHash,
    data: { ...data, ...(sessionBefore === undefined ? {} : { sessionBefore }) },
    createdAt: now,
    expiresAt: now + settings.lifetimes.flow * 1000,
  })
  return { id, hash, sessionBefore, begunAt: now }
}

/** A flow by its name; `undefined` when it is not this browser's, is done, or is too old. */
export async function findAnyFlow(
  service: Service,
  visit: Visit,
  id: string | undefined,
): Promise<Flow | PageFlow | undefined> {
  if (id === undefined || !/^[\w-]{22}$/.test(id)) return undefined
  const hash = sha256Base64url(id)
  const found = await service.store.findFlow(hash, visit.browserHash, service.settings.now())
  if (found === undefined) return undefined
  // Written by `begin`.
  const data = found.data as unknown as { readonly sessionBefore?: string; readonly chosen?: string } & (
    { readonly next: string } | BegunAuthorization
  )
  const begun = {
    id,
    hash,
    sessionBefore: data.sessionBefore,
    begunAt: found.createdAt,
    chosen: data.chosen,
    proof: found.proof,
  }
  if ('next' in data) return { ...begun, next: data.next }
  const pending = await interactionOf(service).resume(data, visit.address)
  // Core §3.1.2.1: the languages that the application knows its user to read.
  visit.preferLanguages(pending.request.uiLocales)
  return { ...begun, pending }
}

/**
 * Writes down that the person of this session goes on as who they are (`prompt=select_account`). Where the flow was changed or
 * used meanwhile nothing is written, and whoever goes on is asked again.
 */
export async function choose(
  { store, settings }: Service,
  visit: Visit,
  { hash }: Pick<Flow, 'hash'>,
  session: StoredSession,
): Promise<void> {
  const now = settings.now()
  const found = await store.findFlow(hash, visit.browserHash, now)
  if (found === undefined) return
  const { data: from } = found
  await store.changeFlow(hash, visit.browserHash, { from, to: { ...from, chosen: session.id } }, now)
}

/** As `findAnyFlow`, for the pages that only an authorization request leads to. */
export async function findFlow(
  service: Service,
  visit: Visit,
  id: string | undefined,
): Promise<Flow | undefined> {
  const found = await findAnyFlow(service, visit, id)
  return found?.pending === undefined ? undefined : found
}

/** What a person has agreed to before, for this client. */
export interface Remembered {
  readonly grantId: string
  readonly scopes: readonly string[]
}

/** What comes next for the person of this session. */
export async function stepOf(
  service: Service,
  session: StoredSession | undefined,
  {
    pending,
    sessionBefore,
    begunAt = Infinity,
    chosen,
  }: Pick<Flow, 'pending' | 'sessionBefore' | 'chosen'> & Partial<Pick<Flow, 'begunAt'>>,
): Promise<{ readonly step: AuthorizationStep; readonly remembered: Remembered | undefined }> {
  const remembered = session && (await rememberedFor(service, session.subject, pending))
  const factors = session && (await secondFactorKinds(service, session.subject))
  const step = nextStep(pending.request, {
    authTime: session?.authTime,
    methods: session?.methods,
    factors,
    isSecondFactorRequired: service.settings.secondFactor === 'required',
    // A session that got a second factor meanwhile has another hash, and is as old as it was.
    isFresh: session !== undefined && session.hash !== sessionBefore && session.authTime >= begunAt,
    // Whoever has come in since did not choose.
    isChosen: chosen !== undefined && chosen === session?.id,
    now: service.settings.now(),
    isConsentNeeded: isConsentNeeded(pending, remembered),
    isAnotherPerson: session !== undefined && isAnother(service, session, pending),
  })
  return { step, remembered }
}

/** The person agreed, now or before: where the browser goes, with the code. */
export async function finish(
  service: Service,
  visit: Visit,
  flow: Pick<Flow, 'pending'> & { readonly hash?: string },
  session: StoredSession,
  {
    scopes,
    remembered,
  }: { readonly scopes?: readonly string[]; readonly remembered: Remembered | undefined },
): Promise<AuthorizationAnswer> {
  const { hash, pending } = flow
  return interactionOf(service).approve(pending, {
    subject: session.subject,
    authTime: session.authTime,
    sessionId: session.id,
    methods: session.methods,
    ...(scopes === undefined ? {} : { scopes }),
    ...(remembered === undefined ? {} : { grantId: remembered.grantId }),
    ...(hash === undefined ? {} : { flow: { hash, browserHash: visit.browserHash } }),
  })
}

/**
 * The person refused, or a silent request cannot be answered: where the browser goes.
 *
 * @param flow Used up by this.
 */
export async function refuse(
  service: Service,
  visit: Visit,
  flow: Pick<Flow, 'pending'> & { readonly hash?: string },
  error: AuthorizationError['code'],
  description: string,
): Promise<AuthorizationAnswer> {
  if (flow.hash !== undefined) {
    const { store, settings } = service
    if (!(await store.consumeFlow(flow.hash, visit.browserHash, settings.now()))) {
      throw usedAlready()
    }
  }
  return interactionOf(service).deny(flow.pending, error, description)
}

async function rememberedFor(
  service: Service,
  subject: string,
  { client, agreement: asked, resources }: PendingAuthorization,
): Promise<(Remembered & { readonly isEnough: boolean }) | undefined> {
  const { store, settings } = service
  const scopes = await heldScopes(service, subject, asked)
  const all = await store.listGrants({ subject, clientId: client.id, limit: 20, now: settings.now() })
  // Nobody has agreed to what a document says since it changed.
  const grants = all.filter(({ createdAt }) => createdAt >= (client.document?.changedAt ?? 0))
  const grant =
    grants.find(
      (each) =>
        scopes.every((scope) => each.scopes.includes(scope)) &&
        resources.every((resource) => each.resources.includes(resource)),
    ) ?? grants[0]
  if (grant === undefined) return undefined
  const isEnough =
    scopes.every((scope) => grant.scopes.includes(scope)) &&
    resources.every((resource) => grant.resources.includes(resource))
  return { grantId: grant.id, scopes: grant.scopes, isEnough }
}

function isConsentNeeded(
  { client, request }: PendingAuthorization,
  remembered: { readonly isEnough?: boolean } | undefined,
): boolean {
  if (request.prompt.includes('consent')) return true
  if (client.privileges.firstParty === true) return false
  // RFC 8252 §8.6: any program on the computer can say that it is this one, so the person is asked each time.
  if (!client.isConfidential && redirectUriShape(request.redirectUri) !== 'https') return true
  return remembered?.isEnough !== true
}

/** Whether the request is for somebody else than who is logged in. */
function isAnother(
  { settings }: Service,
  { subject }: StoredSession,
  { client, onlySubject }: PendingAuthorization,
): boolean {
  return onlySubject !== undefined && subjectFor(settings, client, subject) !== onlySubject
}
