/** Whether this process should be sent requests: what load balancers and orchestrators ask. */

import { setTimeout as sleep } from 'node:timers/promises'
import { router } from '../api/router.ts'
import type { AnyRouter } from '../api/router.ts'
import type { Service } from './service.ts'
import type { Settings } from './settings.ts'

/** The health of a server. */
export interface Health {
  /** 200, or 503 with `Retry-After`: when the database does not answer, or {@link drain} was called. Within two seconds. */
  readonly answer: () => Promise<Response>
  /** From now on it is not to be sent anything, whatever the database says. */
  readonly drain: () => void
  /** It has stopped, and may be used again. */
  readonly stopped: () => void
}

/** The longest that anybody waits for the answer, and the oldest that an answer of the database may be; in milliseconds. */
const patience = 2000

/** Watches over a server. */
export function healthOf(service: () => Promise<Service>, { report }: Pick<Settings, 'report'>): Health {
  let isDraining = false
  let isReported = false

  /**
   * The revocations are read each second in any case, from a table, by one question at a time that everybody shares: so a
   * flood of these requests costs the database nothing. And a node that does not learn of them is of no use.
   */
  async function isKnowing(): Promise<boolean> {
    try {
      const { revocations } = await service()
      if (revocations.age > patience / 2) await revocations.catchUp()
      isReported = false
      return !revocations.isStopped && revocations.age <= patience
    } catch (error) {
      // What keeps a server from opening is told once: the same is asked again every few seconds.
      if (!isReported) report(error)
      isReported = true
      return false
    }
  }

  async function isReady(): Promise<boolean> {
    if (isDraining) return false
    const limit = new AbortController()
    const late = sleep(patience, false, { signal: limit.signal, ref: false })
    const isInTime = await Promise.race([isKnowing(), late])
    limit.abort()
    return isInTime
  }

  return {
    // No word of why: whoever may ask is a stranger.
    answer: async () => ((await isReady()) ? answerOf(200, 'ok') : answerOf(503, 'unavailable')),
    drain: () => {
      isDraining = true
    },
    stopped: () => {
      isDraining = false
    },
  }
}

/** `GET /health`, for a server that stands alone: an application that it is mounted in has a path of its own for this. */
export function healthRoute({ basePath }: Pick<Settings, 'basePath'>, health: Health): AnyRouter {
  return router({ prefix: basePath }).get('/health', {}, { open: true, hidden: true }, () => health.answer())
}

function answerOf(status: 200 | 503, word: string): Response {
  return new Response(`{"status":"${word}"}`, {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(status === 503 && { 'retry-after': '1' }),
    },
  })
}
