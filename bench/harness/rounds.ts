/** Rounds of a case: whoever takes turns, one after another, beginning with another one each time. */

import type { Contender, Running } from './contender.ts'
import { start } from './contender.ts'
import { everybody } from './machine.ts'
import type { LoadResult } from './load.ts'

/** One thing to measure. */
export interface Case {
  readonly name: string
  /** The row that the others are measured by. */
  readonly base: string
  readonly contenders: readonly Contender[]
  readonly environment: Readonly<Record<string, string>>
  /** Whether it is about starting: then `load` sends one request. */
  readonly isStart?: boolean
  /**
   * Whether each contender takes turns with the base and with nobody else. With all of them in one round each would be idle for
   * half a minute between its turns, after which V8 collects garbage several times as often as it does of a server at work.
   */
  readonly isInPairs?: boolean
  /** What a reader of the table has to know. */
  readonly about?: string
  /** Starts one in another way than by the environment alone. */
  start?(contender: Contender): Promise<Running>
  /** Throws when an answer is wrong; answers what is not as it should be, yet no reason to leave it out. */
  check(running: Running): Promise<readonly string[]>
  /** What this share of a round needs before it is measured. */
  prepare?(running: Running, share: number): Promise<void>
  /** Sends this share of a round's requests. */
  load(running: Running, share: number): Promise<LoadResult>
}

/** What one contender did in one round. */
export interface Measured extends LoadResult {
  /** CPU seconds of the contender's process for 10,000 requests. */
  readonly cpu: number
  /** CPUs that neither it, nor its database, nor this process used. */
  readonly others: number
}

/** A contender over all rounds. */
export interface Row {
  readonly name: string
  readonly rounds: readonly Measured[]
  /** What the base did in the same rounds, where each has its own with it; else that is in the base's row. */
  readonly beside?: readonly Measured[]
  /** MiB when it was ready, and after all rounds. */
  readonly ready: number
  readonly after: number
  /** Milliseconds to the first answer. */
  readonly startup: number
  readonly notes: readonly string[]
  /** Of a case about starting: each start. */
  readonly starts?: readonly Start[]
  /** Why it was not measured. */
  readonly refused?: string
}

/** One start of a process. */
export interface Start {
  /** From the start of the process to the first right answer. */
  readonly milliseconds: number
  /** CPU seconds until then. */
  readonly cpu: number
  /** MiB then. */
  readonly memory: number
}

/** Runs a case, each round with this part of its requests. */
export async function run(
  wanted: Case,
  rounds: number,
  tell: (line: string) => void,
  part = 1,
): Promise<readonly Row[]> {
  const base = wanted.contenders.find(({ name }) => name === wanted.base)
  const hasPairs = wanted.isInPairs === true && base !== undefined && wanted.contenders.length > 1
  if (!hasPairs) return together(wanted, rounds, tell, part)
  const own: Row[] = []
  const beside: Row[] = []
  for (const contender of wanted.contenders) {
    if (contender === base) continue
    tell(`  ${contender.name}`)
    const rows = await together({ ...wanted, contenders: [base, contender] }, rounds, tell, part)
    const [first, row] = rows
    if (first === undefined || row === undefined) continue
    own.push({ ...row, beside: first.rounds })
    beside.push(first)
  }
  const [first] = beside
  return first === undefined ? own : [{ ...first, rounds: beside.flatMap((each) => each.rounds) }, ...own]
}

/** Runs all contenders at once, each with its turn in every round. */
async function together(
  wanted: Case,
  rounds: number,
  tell: (line: string) => void,
  part: number,
): Promise<readonly Row[]> {
  const running: Running[] = []
  const rows = new Map<string, { row: Omit<Row, 'rounds' | 'after'>; rounds: Measured[] }>()
  try {
    for (const contender of wanted.contenders) {
      const { name } = contender
      try {
        const started = await (wanted.start?.(contender) ?? start(contender, wanted.environment))
        const { memory } = await started.usage()
        const entry = { name, ready: memory, startup: started.startup, notes: [] as readonly string[] }
        rows.set(name, { row: entry, rounds: [] })
        const notes = await wanted.check(started).catch(async (fault: unknown) => {
          await started.stop()
          throw fault
        })
        rows.set(name, { row: { ...entry, notes }, rounds: [] })
        running.push(started)
      } catch (fault) {
        const refused = reasonOf(fault)
        tell(`  ${name}: left out: ${refused}`)
        rows.set(name, { row: { name, ready: 0, startup: 0, notes: [], refused }, rounds: [] })
      }
    }
    for (const each of running) {
      await wanted.prepare?.(each, part)
      await wanted.load(each, part)
    }
    for (let round = 0; round < rounds; round++) {
      const order = [...running.slice(round % running.length), ...running.slice(0, round % running.length)]
      for (const each of order) {
        const measured = await measure(wanted, each, part)
        rows.get(each.contender.name)?.rounds.push(measured)
      }
      tell(`  round ${round + 1} of ${rounds}`)
    }
    const result: Row[] = []
    for (const { row, rounds: own } of rows.values()) {
      const each = running.find(({ contender }) => contender.name === row.name)
      const { memory } = (await each?.usage()) ?? { memory: 0 }
      result.push({ ...row, rounds: own, after: memory })
    }
    return result
  } finally {
    for (const each of running) await each.stop()
  }
}

/** One line for the report: of what a process wrote before it ended, the last. */
export function reasonOf(fault: unknown): string {
  const lines = (fault instanceof Error ? fault.message : String(fault)).trim().split('\n')
  const [first = '', last = ''] = [lines[0], lines.at(-1)]
  return first.endsWith(':') ? `${first} ${last.trim()}` : first
}

async function measure(wanted: Case, running: Running, part: number): Promise<Measured> {
  // It has been idle while the others had their turns: what it forgot meanwhile, memory and machine code, is not measured.
  await wanted.prepare?.(running, part / 10)
  await wanted.load(running, part / 10)
  await wanted.prepare?.(running, part)
  const before = { ...(await running.usage()), all: everybody(), own: ownCpu(), time: performance.now() }
  const database = running.databaseCpu?.()
  const result = await wanted.load(running, part)
  const after = await running.usage()
  const seconds = (performance.now() - before.time) / 1000
  const used = after.cpu - before.cpu
  const others = (everybody() - before.all - used - (ownCpu() - before.own)) / seconds
  const perRound = 10_000 / result.requests
  const beside = database === undefined ? 0 : (running.databaseCpu?.() ?? 0) - database
  const extra = {
    ...result.extra,
    ...(database === undefined ? {} : { 'database CPU s/10k': beside * perRound }),
  }
  return { ...result, cpu: used * perRound, others: Math.max(0, others - beside / seconds), extra }
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The middle one; half-way between the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}
