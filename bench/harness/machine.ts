/** The machine of a run: what it is, and how processes are kept to one of its CPUs. */

import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'

const canPin = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The words of a command that runs on one CPU, or the same words where the system has no `taskset`. */
export function pinned(cpu: number, words: readonly string[]): string[] {
  return canPin ? ['taskset', '-c', String(cpu % cpus().length), ...words] : [...words]
}

/** The words of a command that runs anywhere but on the CPU of the contenders. */
export function aside(words: readonly string[]): string[] {
  return canPin ? ['taskset', '-c', others(), ...words] : [...words]
}

function others(): string {
  return Array.from({ length: cpus().length - 1 }, (_, at) => at + 1).join(',')
}

/** Keeps this process, which makes the load, off the CPU of the contenders. */
export function stepAside(): void {
  if (!canPin) return
  spawnSync('taskset', ['-a', '-c', '-p', others(), String(process.pid)])
}

/** One line for the report. */
export function machine(): string {
  const [first] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const pins = canPin ? 'contenders pinned to one CPU, load on the others' : 'nothing pinned'
  return `${cpus().length} CPUs (${first?.model.trim() ?? 'unknown'}), ${memory}, ${type()} ${release()}, Node ${process.versions.node}; ${pins}`
}

/** CPU seconds that anybody on this machine has used, for the share of others in a round. */
export function everybody(): number {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.sys + times.nice + times.irq) / 1000, 0)
}
