/** Signing keys in the admin API: what is published, the next one, and taking one out of use. */

import { path } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import type { StoredSigningKey } from '../../store/grant-store.ts'
import { keyState } from '../keys/key-state.ts'
import type { KeyState } from '../keys/key-state.ts'
import { anything, list, oneOf, optional, record, reference, text } from './model.ts'
import type { ValueOfModel } from './model.ts'
import { answering, gone, guarded, missing } from './routes.ts'
import type { AdminCall, AdminRoutes } from './routes.ts'

const Key = record('Key', {
  kid: text(),
  alg: text(),
  state: oneOf<KeyState>('next', 'signs', 'verifies'),
  published_at: text({ format: 'date-time' }),
  signs_from: text({ format: 'date-time' }),
  signs_until: optional(text({ format: 'date-time' })),
  published_until: optional(text({ format: 'date-time' })),
  public_key: anything,
})

const Keys = record('Keys', { items: list(Key) })

/** Adds `/keys`. */
export function addKeyRoutes({ routes, caller }: AdminRoutes): void {
  const writer = security(caller, ['admin:keys:write'])
  const usual = { ...guarded, tags: ['Keys'] } as const
  routes.get(
    '/keys',
    { admin: security(caller, ['admin:keys:read']) },
    {
      ...usual,
      summary: 'List the signing keys; their public parts',
      returns: Keys,
      operationId: 'list_keys',
    },
    ({ admin: { open } }) =>
      answering(async () => {
        const now = open.settings.now()
        const keys = await open.store.listKeys(now)
        return { items: keys.map((key) => shown(key, keys, now)) }
      }),
  )
  routes.post(
    '/keys/rotate',
    { admin: writer },
    {
      ...usual,
      summary: 'Make and publish the next signing key; it signs once every API has had time to read it',
      status: 201,
      returns: Key,
      operationId: 'rotate_keys',
    },
    ({ admin }) =>
      answering(async () => {
        const kid = await rotateKeys(admin)
        const now = admin.open.settings.now()
        const keys = await admin.open.store.listKeys(now)
        const made = keys.find(({ id }) => id === kid)
        if (made === undefined) throw gone('key')
        return shown(made, keys, now)
      }),
  )
  routes.delete(
    '/keys/{kid}',
    { admin: writer, kid: path(reference()) },
    {
      ...usual,
      responses: missing,
      summary: 'Take a signing key out of use at once, as after a leak; what it signed is refused',
      status: 204,
      operationId: 'remove_key',
    },
    ({ admin, kid }) => answering(() => removeKey(admin, kid)),
  )
}

/** Makes and publishes the next key. */
export function rotateKeys({ open, actor }: AdminCall): Promise<string> {
  return open.keys.rotate(actor.circumstances)
}

/**
 * Takes a key out of use at once.
 *
 * @throws {HttpError} 404
 */
export async function removeKey({ open, actor }: AdminCall, kid: string): Promise<void> {
  if (!(await open.keys.remove(kid, actor.circumstances))) throw gone('key')
}

function shown(
  key: StoredSigningKey,
  all: readonly StoredSigningKey[],
  now: number,
): ValueOfModel<typeof Key> {
  const { id, algorithm, publishedAt, signsFrom, retiredAt, removedAt } = key
  return {
    kid: id,
    alg: algorithm,
    state: keyState(key, all, now),
    published_at: new Date(publishedAt).toISOString(),
    signs_from: new Date(signsFrom).toISOString(),
    signs_until: retiredAt === undefined ? undefined : new Date(retiredAt).toISOString(),
    published_until: removedAt === undefined ? undefined : new Date(removedAt).toISOString(),
    public_key: JSON.parse(key.publicKey) as Readonly<Record<string, unknown>>, // written by `signing-keys.ts`
  }
}
