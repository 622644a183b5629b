/** Signing in with a provider alone: routes and a session cookie, for an app that keeps no accounts. */

import type { Dependency } from '../api/dependency.ts'
import { router } from '../api/router.ts'
import type { AnyRouter } from '../api/router.ts'
import { apiKey } from '../api/schemes/api-key.ts'
import type { AnyDatabase } from '../store/database.ts'
import { openDatabase } from '../store/open.ts'
import type { DatabaseOptions } from '../store/open.ts'
import { sqlGrantStore } from '../store/sql/grant-store.ts'
import { sqlVisitorStore } from '../store/sql/visitors.ts'
import { checkedProviders } from '../server/federation/provider.ts'
import type { Provider } from '../server/federation/provider.ts'
import type { SignInPages } from '../server/interaction/sign-in-page.ts'
import { addSignInRoutes } from './sign-in-routes.ts'
import type { OpenSignIn, SignInSite } from './sign-in-routes.ts'
import { completedLifetimes, visitorsIn } from './visitors.ts'
import type { SignedInPerson, VisitorLifetimes } from './visitors.ts'

/** How people sign in to an app. */
export interface SignInOptions {
  /** Where the app is, as browsers see it: `https://app.example.com`. http only on this computer. */
  readonly origin: string
  /** Where sessions are kept: a URL (`file:app.db`, `postgres://…`), or a database that is open already. */
  readonly database: string | DatabaseOptions | AnyDatabase
  readonly providers: readonly Provider[]
  /** Who gets in: everybody whom a provider knows, unless told. */
  readonly allow?: (person: SignedInPerson) => boolean | Promise<boolean>
  readonly session?: VisitorLifetimes
  /** Below which the pages are; `/sign-in` unless told. */
  readonly path?: string
  /** Where people go who came by no link; `/` unless told. */
  readonly home?: string
  /** What people see the app called; its host unless told. */
  readonly serviceName?: string
  /**
   * What attempts are encrypted with: 32 characters or more that nobody can guess. The variable `GATEWRIGHT_SECRET_KEY`
   * unless told. Needed everywhere but in development.
   */
  readonly secretKey?: string
  /** Told of errors that nobody waits for; `console.error` unless told. */
  readonly report?: (error: unknown) => void
  /** Milliseconds since 1970; the clock unless told. */
  readonly now?: () => number
}

/** Signing in, to be mounted. */
export interface SignIn extends AnyRouter {
  /** Whoever is signed in. Without a session a request is refused with 401; `optional(currentUser)` lets it pass. */
  readonly currentUser: Dependency<SignedInPerson>
  /** Ends what is open. Requests open it again. */
  readonly close: () => Promise<void>
}

const developmentKey = 'gatewright development key: protects nothing'

/** Signing in, with the pages it is given. */
export function signInOf(options: SignInOptions, pages: SignInPages): SignIn {
  const { report = console.error, now = Date.now, path = '/sign-in', home = '/' } = options
  const origin = originOf(options.origin)
  const isDevelopment = origin.startsWith('http:') && process.env['NODE_ENV'] !== 'production'
  if (!/^(?:\/[a-z0-9-]+)+$/.test(path)) throw wrong('path', 'a path such as /sign-in')
  const lifetimes = completedLifetimes(options.session)
  let opening: Promise<Opened> | undefined
  const opened = (): Promise<Opened> => {
    opening ??= open(options, lifetimes, now, report).catch((error: unknown) => {
      // The database may be back a second later.
      opening = undefined
      throw error
    })
    return opening
  }
  const site: SignInSite = {
    origin,
    path,
    home,
    isDevelopment,
    providers: providersOf(options.providers),
    secretKey: secretKeyOf(options.secretKey ?? process.env['GATEWRIGHT_SECRET_KEY'], isDevelopment),
    serviceName: options.serviceName ?? new URL(origin).host,
    allow: options.allow,
    lifetimes,
    pages,
    now,
    report,
    open: opened,
  }
  const routes = router()
  const cookie = addSignInRoutes(routes, site)
  return {
    declared: routes.declared,
    currentUser: apiKey({
      cookie,
      name: 'SignIn',
      verify: async (value) => (await opened()).visitors.find(value),
    }),
    async close() {
      const closing = opening
      opening = undefined
      await (await closing?.catch(() => undefined))?.close()
    },
  }
}

interface Opened extends OpenSignIn {
  readonly close: () => Promise<void>
}

async function open(
  { database: target }: SignInOptions,
  lifetimes: Required<VisitorLifetimes>,
  now: () => number,
  report: (error: unknown) => void,
): Promise<Opened> {
  const isOurs = typeof target === 'string' || !('kysely' in target)
  const database = isOurs ? await openDatabase(target) : target
  try {
    const store = await sqlVisitorStore(database, now())
    const limits = await sqlGrantStore(database, now())
    const cleaning = setInterval(() => void limits.purge(now()).catch(report), 60_000)
    cleaning.unref()
    return {
      attempts: store,
      visitors: visitorsIn(store, lifetimes, now),
      hit: async (key) => (await limits.hit(key, { points: 60, windowMs: 300_000 }, now())).allowed,
      async close() {
        clearInterval(cleaning)
        await limits.close()
        if (isOurs) await database.close()
      },
    }
  } catch (error) {
    if (isOurs) await database.close()
    throw error
  }
}

function originOf(text: string): string {
  const url = URL.parse(text)
  const isHere = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (
    url === null ||
    url.origin !== text ||
    (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
  ) {
    throw wrong('origin', 'an https origin such as https://app.example.com; http only on this computer')
  }
  return text
}

function providersOf(providers: readonly Provider[]): ReadonlyMap<string, Provider> {
  try {
    if (providers.length === 0) throw new TypeError('there is to be at least one')
    return checkedProviders(providers)
  } catch (error) {
    throw wrong('providers', (error as Error).message)
  }
}

function secretKeyOf(secretKey: string | undefined, isDevelopment: boolean): string {
  if (secretKey === undefined || secretKey === '') {
    if (isDevelopment) return developmentKey
    throw wrong(
      'secretKey',
      'set the environment variable GATEWRIGHT_SECRET_KEY to 32 random characters or more',
    )
  }
  if (secretKey.length < 32) throw wrong('secretKey', '32 characters or more')
  return secretKey
}

function wrong(option: string, remedy: string): TypeError {
  return new TypeError(`signInWith: the option ${option} is not usable: ${remedy}`)
}
