/** The posts: a table of the application's own, in the same database as the accounts. */

import { randomUUID } from 'node:crypto'
import type { Database } from 'gatewright/store'

interface Post {
  readonly id: string
  readonly title: string
  readonly author: string
  /** ISO 8601, in UTC. */
  readonly createdAt: string
}

export interface Posts {
  /** The newest hundred, newest first. */
  list(): Promise<Post[]>
  add(post: { readonly title: string; readonly author: string }): Promise<Post>
}

export interface PostsTables {
  quick_start_posts: { id: string; title: string; author: string; created_at: string }
}

/** Opens the posts, and makes their table where it is missing. */
export async function posts({ kysely }: Database<PostsTables>): Promise<Posts> {
  await kysely.schema
    .createTable('quick_start_posts')
    .ifNotExists()
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()

  return {
    async list() {
      const query = kysely
        .selectFrom('quick_start_posts')
        .selectAll()
        .orderBy('created_at', 'desc')
        .limit(100)
      const rows = await query.execute()
      return rows.map(({ created_at, ...post }) => ({ ...post, createdAt: created_at }))
    },
    async add({ title, author }) {
      const post = { id: randomUUID(), title, author, createdAt: new Date().toISOString() }
      const { createdAt, ...row } = post
      await kysely
        .insertInto('quick_start_posts')
        .values({ ...row, created_at: createdAt })
        .execute()
      return post
    },
  }
}
