/** What a command fails with: one line for the terminal. */

/** A command could not do what it was asked to: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** The command was not asked rightly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * What any error is to whoever sits at the terminal: its first line. What is behind it is the cause, which
 * `NODE_DEBUG=gatewright` shows.
 */
export function asCommandError(error: unknown): CommandError | UsageError {
  if (error instanceof CommandError || error instanceof UsageError) return error
  return new CommandError(lineOf(error), { cause: error })
}

function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // An answer for clients ("try again") hides what an operator wants to know: why.
  const told = 'status' in error && error.status === 503 && error.cause instanceof Error ? error.cause : error
  const [line = ''] = told.message.split('\n')
  // As the lines of this command begin; names like SQLite stay as they are.
  return line === '' ? told.name : line.replace(/^[A-Z](?=[a-z]* )/, (letter) => letter.toLowerCase())
}
