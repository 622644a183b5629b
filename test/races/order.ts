/** What a worker may be told to do. */

/** One line of its input. */
export type Order = Race | Chain | Work

interface Race {
  readonly do: 'race'
  readonly kind: 'code' | 'device' | 'refresh'
  readonly hash: string
  readonly grantId: string
  readonly familyId?: string
  /** How many tries at once. */
  readonly tries: number
  /** What the names of its tries begin with. */
  readonly name: string
  /** When to begin, by the clock of the machine. */
  readonly at: number
  /** The time that the store is told. */
  readonly now: number
}

interface Chain {
  readonly do: 'rotate until gone'
  readonly hash: string
  readonly grantId: string
  readonly familyId: string
  readonly name: string
  readonly at: number
  readonly now: number
}

interface Work {
  readonly do: 'work'
  readonly name: string
  readonly loops: number
}
