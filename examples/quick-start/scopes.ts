/** What may be allowed. The sentences are shown in the docs. */

export const scopes = {
  me: 'Read your own account',
  'read:users': 'List all accounts',
  'write:posts': 'Add posts',
}

export type Scope = keyof typeof scopes
