/** Whose account a login elsewhere opens. Nobody gets into another's by what a provider says, and nobody loses theirs by it. */

import { randomToken } from '../../crypto/random.ts'
import { noPassword } from '../../store/ports/identities.ts'
import type { NewIdentity } from '../../store/ports/identities.ts'
import type { JsonObject } from '../../store/ports/json.ts'
import { accountId } from '../accounts/id.ts'
import { parseName, readEmail, readUsername } from '../accounts/names.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent } from '../audit.ts'
import { tellProviderChanged } from '../mail/owner-news.ts'
import type { Service } from '../service.ts'
import type { Provider, ProviderLogin, ProviderProfile } from './provider.ts'
import { sealedTokens } from './tokens.ts'

/** What comes of a login elsewhere. */
export type SignIn =
  | { readonly outcome: 'known'; readonly subject: string }
  /** There is an account with this address: its owner logs in to it first, and links the provider there. */
  | { readonly outcome: 'account_exists' }
  /** Nobody has linked it, and accounts are not made here. */
  | { readonly outcome: 'unknown' }

/** Where somebody is, and the language of their page. */
export interface Whereabouts {
  readonly address: string | undefined
  readonly language: string
}

/** Finds the account, or makes one. */
export async function signedIn(
  service: Service,
  provider: Provider,
  login: ProviderLogin,
  { address, language }: Whereabouts,
): Promise<SignIn> {
  const known = await knownIdentity(service, provider, login)
  if (known !== undefined) return known
  const email = verifiedEmail(login.profile)
  const [owner] = email === undefined ? [] : await service.accounts.findByEmail(email)
  // SECURITY: an address that the account itself has not verified may have been put there by anybody, to wait for its owner.
  if (email !== undefined && owner?.emailVerified === true) {
    const { linkByEmail } = service.settings.providerAccounts
    const condition = { verifiedEmail: email }
    if (
      linkByEmail &&
      (await link(service, provider, login, owner.id, address, language, condition)) === 'linked'
    ) {
      return { outcome: 'known', subject: owner.id }
    }
    return knownByNow(service, provider, login)
  }
  if (!service.settings.providerAccounts.create) return { outcome: 'unknown' }
  return created(service, provider, login, email, address)
}

/**
 * Links a login elsewhere to the account of somebody who is logged in here as well, and has just shown it.
 *
 * `taken` when it is linked to another account, and `full` when the account has as many as it may.
 */
export async function linkedTo(
  service: Service,
  provider: Provider,
  login: ProviderLogin,
  subject: string,
  { address, language }: Whereabouts,
): Promise<'linked' | 'taken' | 'full' | 'gone'> {
  const outcome = await link(service, provider, login, subject, address, language)
  if (outcome !== 'taken') return outcome
  // Linked to this account already: that is what was wanted.
  const found = await service.identities.findIdentity(keyOf(provider, login))
  return found?.subject === subject ? 'linked' : 'taken'
}

async function knownIdentity(
  service: Service,
  provider: Provider,
  login: ProviderLogin,
): Promise<SignIn | undefined> {
  const { identities, settings } = service
  const found = await identities.findIdentity(keyOf(provider, login))
  if (found === undefined) return undefined
  const tokens = sealedTokens(settings, provider, found.id, login.tokens)
  await identities.useIdentity(found.id, {
    now: settings.now(),
    profile: profileOf(login.profile),
    ...(tokens === undefined ? {} : { tokens }),
  })
  return { outcome: 'known', subject: found.subject }
}

async function link(
  service: Service,
  provider: Provider,
  login: ProviderLogin,
  subject: string,
  address: string | undefined,
  language: string,
  condition: { readonly verifiedEmail?: string } = {},
): Promise<'linked' | 'taken' | 'full' | 'gone'> {
  const identity = identityOf(service, provider, login, subject)
  const by = condition.verifiedEmail === undefined ? 'person' : 'email'
  const audit = [linkedEvent(service, provider, subject, by, address)]
  const outcome = await service.identities.linkIdentity(identity, { condition, audit })
  if (outcome !== 'linked') return outcome
  service.tell(audit)
  tellProviderChanged(service, subject, { change: 'linked', provider: provider.name }, language)
  return outcome
}

/** Tried with one name after the other: which of them is free only the store can say. */
async function created(
  service: Service,
  provider: Provider,
  login: ProviderLogin,
  email: string | undefined,
  address: string | undefined,
): Promise<SignIn> {
  const { identities, settings, tell } = service
  const now = settings.now()
  const subject = accountId(now)
  const identity = identityOf(service, provider, login, subject)
  const from = address === undefined ? {} : { address }
  const audit: readonly AuditEvent[] = [
    auditEvent('account.created', now, { subject, details: { provider: provider.id }, ...from }),
    linkedEvent(service, provider, subject, 'creation', address),
  ]
  const name = nameOf(login.profile)
  for (const username of usernames(provider, login.profile, email)) {
    const read = readUsername(username)
    if (read === undefined) continue
    const outcome = await identities.createWithIdentity(
      {
        id: subject,
        ...read,
        ...(name === undefined ? {} : { name }),
        ...(email === undefined ? {} : { email }),
        emailVerified: email !== undefined,
        scopes: [],
        disabled: false,
        passwordHash: noPassword,
        createdAt: new Date(now),
      },
      identity,
      audit,
    )
    if (outcome === 'created') {
      tell(audit)
      return { outcome: 'known', subject }
    }
    if (outcome === 'taken') break
  }
  // Sent twice at once, and the other one has made the account; or its address was verified by somebody a moment ago.
  return knownByNow(service, provider, login)
}

/** Whoever was faster may have been the same person. */
async function knownByNow(service: Service, provider: Provider, login: ProviderLogin): Promise<SignIn> {
  return (await knownIdentity(service, provider, login)) ?? { outcome: 'account_exists' }
}

/**
 * The address, where it is the person's; else a name that nobody else's provider gives. Never a plain login name of theirs:
 * somebody is called `admin` everywhere.
 */
function usernames(
  { id }: Provider,
  { handle }: ProviderProfile,
  email: string | undefined,
): readonly string[] {
  return [
    ...(email === undefined ? [] : [email]),
    ...(handle === undefined ? [] : [`${id}:${handle}`]),
    `${id}:${randomToken(9)}`,
  ]
}

function keyOf(provider: Provider, { issuer, subject }: ProviderLogin) {
  return { provider: provider.id, issuer, providerSubject: subject }
}

function identityOf(
  { settings }: Service,
  provider: Provider,
  login: ProviderLogin,
  subject: string,
): NewIdentity {
  const id = randomToken(16)
  const tokens = sealedTokens(settings, provider, id, login.tokens)
  return {
    id,
    subject,
    ...keyOf(provider, login),
    profile: profileOf(login.profile),
    ...(tokens === undefined ? {} : { tokens }),
    createdAt: settings.now(),
  }
}

function linkedEvent(
  { settings }: Service,
  provider: Provider,
  subject: string,
  by: 'person' | 'email' | 'creation',
  address: string | undefined,
): AuditEvent {
  return auditEvent('account.provider_linked', settings.now(), {
    subject,
    details: { provider: provider.id, by },
    ...(address === undefined ? {} : { address }),
  })
}

function verifiedEmail({ email, isEmailVerified }: ProviderProfile): string | undefined {
  return isEmailVerified && email !== undefined ? readEmail(email) : undefined
}

function nameOf({ name }: ProviderProfile): string | undefined {
  try {
    return name === undefined ? undefined : parseName(name)
  } catch {
    return undefined
  }
}

/** What its owner knows it by. */
function profileOf({ handle, name, email }: ProviderProfile): JsonObject {
  const label = handle ?? email ?? name
  return label === undefined ? {} : { label: label.slice(0, 200) }
}
