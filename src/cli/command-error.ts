/** What a command fails with: one line for the terminal. */

/** A command could not do what it was asked to: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** The command was not asked rightly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
