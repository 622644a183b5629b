/** Starts an API in a process of its own, and asks it things. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ApiConfig } from './api-process.ts'

/** An API that answers. */
export interface RunningApi extends AsyncDisposable {
  readonly url: string
  /** What it says to a token: 200, 401 or 503. */
  status(token: string, method?: 'GET' | 'PUT'): Promise<number>
}

const program = fileURLToPath(new URL('api-process.ts', import.meta.url))

/** Starts one. */
export async function startApi(config: ApiConfig): Promise<RunningApi> {
  const child = fork(program, {
    env: { ...process.env, NODE_OPTIONS: '', API_CONFIG: JSON.stringify(config) },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit')
  const ended = gone.then(() => Promise.reject(new Error('The API ended')))
  ended.catch(() => undefined)
  const [url] = (await Promise.race([once(child, 'message'), ended])) as [string]
  return {
    url,
    async status(token, method = 'GET') {
      const response = await fetch(`${url}/me`, { method, headers: { authorization: `Bearer ${token}` } })
      await response.text()
      return response.status
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
