/** `gatewright serve`: serves what a module exports, until it is told to stop. */

import { setTimeout as sleep } from 'node:timers/promises'
import { command } from './command.ts'
import type { Command } from './command.ts'
import { asCommandError, CommandError } from './command-error.ts'
import { wholeNumber } from './command-line.ts'
import { loadModule } from './load-module.ts'

/** Fails when nothing is exported that can be served, the database cannot be used, or the port cannot be had. */
export const serve: Command = command({
  words: 'serve',
  summary: 'serve what a module exports as `app` or `server`',
  operands: [{ name: 'module', article: 'a', example: 'src/server.ts' }],
  options: {
    port: {
      kind: 'text',
      short: 'p',
      value: '<number>',
      help: "8000 unless told, or that of the server's issuer where it is on this machine; 0 takes a free one",
    },
    host: { kind: 'text', value: '<name>', help: 'localhost unless told; 0.0.0.0 or :: for all networks' },
    'trust-proxy': {
      kind: 'list',
      value: '<address>',
      help: 'a proxy that may say who the client is, or loopback; none unless told',
    },
    'shutdown-delay': {
      kind: 'text',
      value: '<seconds>',
      help: 'how long to go on when told to stop, with /health at 503, so that a load balancer notices; 0 unless told',
    },
  },
  notes: [
    '<module> is a JavaScript or TypeScript file. An application goes before a server, as it has the server mounted in it.',
    'Ctrl+C or SIGTERM stops: requests that have begun are answered first. A second one does not wait.',
  ],
  examples: ['gatewright serve src/server.ts --host 0.0.0.0 --port 443 --trust-proxy 10.0.0.1'],
  async run([module = ''], { port, host, 'trust-proxy': proxies, 'shutdown-delay': delay }) {
    const asked = port === undefined ? undefined : wholeNumber('--port', port, 0, 65_535)
    const notice = delay === undefined ? 0 : wholeNumber('--shutdown-delay', delay, 0, 3600)
    const { app, server } = await loadModule(module)
    const served = app ?? server?.app
    if (served === undefined) {
      throw new CommandError(`${module} exports nothing to serve: it needs an \`app\` or a \`server\``)
    }
    const own = server === undefined ? {} : addressOf(server.issuer)
    const wished = asked ?? own.port
    const hostname = host ?? own.hostname
    try {
      // Before anybody can ask: a database that is not there is seen at once, not at the first request.
      await server?.open()
      const listener = await served.listen({
        ...(wished === undefined ? {} : { port: wished }),
        ...(hostname === undefined ? {} : { hostname }),
        ...(proxies === undefined ? {} : { trustProxy: proxies.flatMap(addressesOf) }),
      })
      const issuer = server === undefined ? '' : `, as ${server.issuer}`
      // Before it says that it listens: whoever reads that may already tell it to stop.
      const stopping = toldToStop()
      process.stdout.write(`Listening on ${listener.url}${issuer}\n`)
      await stopping
      served.drain()
      await sleep(notice * 1000)
      await listener.close()
      await server?.close()
    } catch (error) {
      throw asCommandError(error)
    }
    return 'Stopped.\n'
  },
})

/** `loopback` stands beside other addresses here. */
function addressesOf(proxy: string): readonly string[] {
  return proxy === 'loopback' ? ['127.0.0.1', '::1'] : [proxy]
}

/** Where a server on this machine says it is; elsewhere a proxy is in front, and its address says nothing of ours. */
function addressOf(issuer: string): { readonly port?: number; readonly hostname?: string } {
  const { protocol, hostname, port } = new URL(issuer)
  if (protocol !== 'http:') return {}
  return { port: Number(port === '' ? 80 : port), hostname: hostname.replace(/^\[|\]$/g, '') }
}

/** A second signal finds nobody who listens, and ends the process at once. */
function toldToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const signals = ['SIGINT', 'SIGTERM'] as const
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, stop)
    resolve()
  }
  for (const signal of signals) process.on(signal, stop)
  return promise
}
