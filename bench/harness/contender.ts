/** Starts a contender in a process of its own, asks what it has used, and ends it. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { pinned } from './machine.ts'

/** One program to measure. */
export interface Contender {
  /** As the table has it. */
  readonly name: string
  /** Below `bench/contenders/`; what ends in `.py` is an application for uvicorn. */
  readonly program: string
  /** What the program reads as its options. */
  readonly options?: Readonly<Record<string, unknown>>
  /** The part of a round's requests that it is sent, where it would take all day for them. */
  readonly part?: number
  /** The signature algorithms it is run with; all when left out. */
  readonly algorithms?: readonly string[]
  /** Modules that are loaded into its process before it. */
  readonly imports?: readonly string[]
  /** The CPU it is kept to; the first unless told. */
  readonly cpu?: number
}

/** What a process has used since it started. */
export interface Usage {
  /** Seconds, of all its threads. */
  readonly cpu: number
  /** MiB that are resident now. */
  readonly memory: number
}

/** A contender that answers. */
export interface Running {
  readonly contender: Contender
  readonly origin: string
  /** Milliseconds from the start of the process to its first answer. */
  readonly startup: number
  /** What it said of itself when it was ready. */
  readonly about: Readonly<Record<string, unknown>>
  /** CPU seconds of the database server it uses, where that is a process of its own. */
  databaseCpu?(): number
  usage(): Promise<Usage>
  stop(): Promise<void>
}

const folder = fileURLToPath(new URL('../contenders/', import.meta.url))
const probe = new URL('probe.mjs', import.meta.url).href

/**
 * Starts it on the first CPU, where processes can be pinned, and waits until it answers.
 *
 * @throws Error when it ends before that, with what it wrote.
 */
export async function start(
  contender: Contender,
  environment: Readonly<Record<string, string>>,
): Promise<Running> {
  const python = contender.program.endsWith('.py')
  const free = python ? await freePort() : 0
  const program = folder + contender.program
  const before = [probe, ...(contender.imports ?? [])].flatMap((module) => ['--import', module])
  const words = python ? uvicorn(contender.program, free) : [process.execPath, ...before, program]
  const [command, ...rest] = pinned(contender.cpu ?? 0, words)
  const began = performance.now()
  const child = spawn(command ?? '', rest, {
    stdio: ['ignore', 'pipe', 'pipe', ...(python ? [] : (['ipc'] as const))],
    env: { ...process.env, ...environment, OPTIONS: JSON.stringify(contender.options ?? {}) },
    cwd: python
      ? fileURLToPath(new URL(`../contenders/${contender.program}/..`, import.meta.url))
      : undefined,
  })
  let said = ''
  child.stdout?.on('data', (part: Buffer) => (said += part.toString()))
  child.stderr?.on('data', (part: Buffer) => (said += part.toString()))
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${contender.name} ended with ${code}:\n${said}`)))
  })
  ended.catch(() => undefined)
  const { ready: port, about = {} } = python ? { ready: free } : await Promise.race([isReady(child), ended])
  const origin = `http://127.0.0.1:${port}`
  await Promise.race([firstAnswer(origin), ended])
  const startup = performance.now() - began
  return {
    contender,
    origin,
    startup,
    about,
    usage: () => (python ? Promise.resolve(usageByProc(child.pid ?? 0)) : askUsage(child)),
    async stop() {
      if (child.exitCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  }
}

function uvicorn(program: string, port: number): string[] {
  const module = program.split('/').at(-1)?.replace('.py', '')
  const quiet = ['--no-access-log', '--log-level', 'error']
  return ['python3', '-m', 'uvicorn', `${module}:app`, '--port', String(port), ...quiet]
}

interface Ready {
  readonly ready: number
  readonly about?: Readonly<Record<string, unknown>>
}

function isReady(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve) => {
    child.on('message', (message: Partial<Ready>) => {
      if (message.ready !== undefined) resolve({ ...message, ready: message.ready })
    })
  })
}

async function firstAnswer(origin: string): Promise<void> {
  for (;;) {
    const answered = await fetch(`${origin}/me`).then(
      async (response) => {
        await response.text()
        return true
      },
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function askUsage(child: ChildProcess): Promise<Usage> {
  return new Promise((resolve) => {
    const listen = (message: { usage?: Usage }): void => {
      if (message.usage === undefined) return
      child.off('message', listen)
      resolve(message.usage)
    }
    child.on('message', listen)
    child.send('usage')
  })
}

/** For programs that are not Node's: from the system, where it has `/proc`. */
function usageByProc(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory: (pages * 4096) / 2 ** 20 }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
