import { expect, test } from 'vitest'
import { connectionOver, type WebSocketPort } from './websocket-connection.ts'

interface Recorder {
  readonly port: WebSocketPort
  readonly log: string[]
  buffered: number
}

/** A socket that writes down what is asked of it. */
function recorder(hasPause = true): Recorder {
  const log: string[] = []
  const state: Recorder = {
    log,
    buffered: 0,
    port: {
      protocol: 'chat',
      send: (data) => void log.push(`send ${data.length}`),
      close: (code, reason) => void log.push(`close ${code} ${reason}`),
      terminate: () => void log.push('terminate'),
      bufferedAmount: () => state.buffered,
      ...(hasPause ? { pause: () => void log.push('pause'), resume: () => void log.push('resume') } : {}),
    },
  }
  return state
}

const limits = { messageBytes: 1000, waitingBytes: 16_000 }

test('messages are read in order, before and after they were waited for', async () => {
  const { port } = recorder()
  const ends = connectionOver(port, limits)
  const iterator = ends.connection[Symbol.asyncIterator]()
  ends.receive('a')
  ends.receive(Uint8Array.of(1))
  await expect(iterator.next()).resolves.toEqual({ done: false, value: 'a' })
  await expect(iterator.next()).resolves.toEqual({ done: false, value: Uint8Array.of(1) })
  const waiting = iterator.next()
  ends.receive('')
  await expect(waiting).resolves.toEqual({ done: false, value: '' })
})

test('the end ends the loop, after what came before it', async () => {
  const { port } = recorder()
  const ends = connectionOver(port, limits)
  ends.receive('last')
  ends.ended({ code: 1001, reason: 'bye' })
  const got: unknown[] = []
  for await (const message of ends.connection) got.push(message)
  expect(got).toEqual(['last'])
  await expect(ends.connection.closed).resolves.toEqual({ code: 1001, reason: 'bye' })
})

test('a reader that is slow stops the network, and starts it again when it has caught up', async () => {
  const { port, log } = recorder()
  const ends = connectionOver(port, limits)
  for (let count = 0; count < 20; count++) ends.receive('x')
  expect(log).toEqual(['pause'])
  const iterator = ends.connection[Symbol.asyncIterator]()
  for (let count = 0; count < 20; count++) await iterator.next()
  expect(log).toEqual(['pause', 'resume'])
})

test.each([true, false])(
  'what waits is bounded, empty messages included (socket can pause: %s)',
  (hasPause) => {
    const { port, log } = recorder(hasPause)
    const ends = connectionOver(port, limits)
    for (let count = 0; count < 100_000; count++) ends.receive('')
    expect(log.at(-1)).toBe('close 1008 Too many messages are waiting')
    expect(log.filter((entry) => entry.startsWith('close'))).toHaveLength(1)
  },
)

test('a message that is too large ends the connection with 1009 and is not handed on', async () => {
  const { port, log } = recorder()
  const ends = connectionOver(port, limits)
  ends.receive('x'.repeat(1001))
  expect(log).toEqual(['close 1009 The message is too large'])
  ends.ended({ code: 1009, reason: '' })
  await expect(ends.connection[Symbol.asyncIterator]().next()).resolves.toEqual({
    done: true,
    value: undefined,
  })
})

test('a receiver that does not read is cut before it fills the memory', () => {
  const state = recorder()
  const { connection } = connectionOver(state.port, limits)
  connection.send('x')
  expect(state.log).toEqual(['send 1'])
  state.buffered = 16_001
  connection.send('x')
  connection.send('x')
  expect(state.log).toEqual([
    'send 1',
    'send 1',
    'close 1008 Too much is waiting to be received',
    'terminate',
  ])
})

test('after the end nothing is sent or closed any more', () => {
  const { port, log } = recorder()
  const ends = connectionOver(port, limits)
  ends.ended({ code: 1006, reason: '' })
  ends.connection.send('x')
  ends.connection.close()
  ends.receive('x')
  expect(log).toEqual([])
})

test('leaving the loop closes the connection', async () => {
  const { port, log } = recorder()
  const ends = connectionOver(port, limits)
  ends.receive('a')
  for await (const _ of ends.connection) break
  expect(log).toEqual(['close 1000 '])
})

test.each([0, 999, 1005, 1006, 1015, 5000, Number.NaN])('%s is no code to close with', (code) => {
  const { port, log } = recorder()
  expect(() => connectionOver(port, limits).connection.close(code)).toThrow(RangeError)
  expect(log).toEqual([])
})

test('RFC 6455 §5.5: a reason is cut to what a control frame carries, at a whole character', () => {
  const { port, log } = recorder()
  connectionOver(port, limits).connection.close(4000, 'ä'.repeat(100))
  expect(log).toEqual([`close 4000 ${'ä'.repeat(60)}`])
})
