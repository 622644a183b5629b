/** Starts servers in processes of their own, asks them things, and ends them one way or the other. */

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Call, ProcessConfig, ProcessMethods } from './server-process.ts'

export { freePort } from '../setup/free-port.ts'

/** A process with everything loaded that was not told yet what to serve. */
export interface WaitingServer extends AsyncDisposable {
  start(config: ProcessConfig): Promise<RunningServer>
}

/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number
  /** Of the server; it has no slash at the end. */
  readonly url: string
  /** Of the API that it guards: `GET /me` needs the scope `read`. */
  readonly api: string
  /** Resolves when the process is gone, whatever ended it. */
  readonly gone: Promise<void>
  call<Name extends keyof ProcessMethods>(
    method: Name,
    ...values: Parameters<ProcessMethods[Name]>
  ): Promise<Awaited<ReturnType<ProcessMethods[Name]>>>
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>
}

const program = fileURLToPath(new URL('server-process.ts', import.meta.url))

/** Starts a process. */
export async function prepareServer(
  environment: Readonly<Record<string, string>> = {},
): Promise<WaitingServer> {
  // Only errors are shown: a killed process has nothing else to say.
  const child = fork(program, {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  const ask = questions(child, gone)
  const isReady = once(child, 'message')
  await Promise.race([isReady, gone.then(() => Promise.reject(new Error('The server process ended')))])
  return {
    async start(config) {
      const { url, api } = await ask('start', config).catch(async (error: unknown) => {
        await kill()
        throw error
      })
      return {
        pid: child.pid ?? 0,
        url,
        api,
        gone,
        call: ask,
        kill,
        async [Symbol.asyncDispose]() {
          // What does not stop by itself is stopped.
          await Promise.race([ask('stop').catch(() => {}), gone])
          await kill()
        },
      }
    },
    [Symbol.asyncDispose]: kill,
  }
}

/** Starts a server. */
export async function startServer(
  config: ProcessConfig,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const waiting = await prepareServer(environment)
  return waiting.start(config)
}

function questions(child: ChildProcess, gone: Promise<void>): RunningServer['call'] {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  void gone.then(() => {
    for (const [id, resolve] of waiting) resolve({ id, error: 'The server process is gone' })
    waiting.clear()
  })
  return async (method, ...values) => {
    last += 1
    const call: Call = { id: last, method, values }
    const answered = new Promise<Answer>((resolve) => waiting.set(call.id, resolve))
    if (child.connected) child.send(call)
    else waiting.get(call.id)?.({ id: call.id, error: 'The server process is gone' })
    const { error, value } = await answered
    if (error !== undefined) throw new Error(error)
    return value as never // what the method of that name answers
  }
}
