/** Whether the subject of a grant is alive: its account, here or elsewhere. */

/**
 * Where the subjects of grants are looked up: `accounts` for the table of accounts in the same database, which the gates
 * then read in their own statement; or a question to whoever keeps them, asked before the gate. A question leaves a moment
 * between the answer and the gate: whoever keeps accounts elsewhere calls `revokeSubject` when one is disabled.
 */
export type SubjectSource = 'accounts' | ((subject: string) => Promise<boolean>)

/** How the operations of the store ask. */
export interface Subjects {
  /** Whether a source outside the database says yes; always `true` where the gates look for themselves. */
  isAlive(subject: string): Promise<boolean>
  /** The same for the subject of something found by its hash; `true` when nothing is found, which the gate will see. */
  isAliveIn(find: () => Promise<{ readonly subject: string } | undefined>): Promise<boolean>
}

/** Makes the questions of a source. */
export function subjectsOf(source: SubjectSource): Subjects {
  if (source === 'accounts') return { isAlive: async () => true, isAliveIn: async () => true }
  return {
    isAlive: source,
    async isAliveIn(find) {
      const found = await find()
      return found === undefined || source(found.subject)
    },
  }
}
