/** All commands, in the order in which the help shows them. */

import { clientCommands } from './clients.ts'
import type { Command } from './command.ts'
import { conformance } from './conformance.ts'
import type { Group } from './help.ts'
import { keyCommands } from './keys.ts'
import { migrate } from './migrate.ts'
import { openapi } from './openapi.ts'
import { routes } from './routes.ts'
import { serve } from './serve.ts'
import { userCommands } from './users.ts'

/** As the help shows them. */
export const groups: readonly Group[] = [
  { title: 'Look at an application', commands: [openapi, routes] },
  { title: 'Run an application or an authorization server', commands: [serve, migrate, conformance] },
  { title: 'Clients: who may ask for tokens', commands: clientCommands },
  { title: 'Users: the accounts of people', commands: userCommands },
  { title: 'Keys: what tokens are signed with', commands: keyCommands },
]

/** By their words. */
export const commands: ReadonlyMap<string, Command> = new Map(
  groups.flatMap((group) => group.commands).map((command) => [command.words, command]),
)
