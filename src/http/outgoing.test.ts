import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { outgoing, OutgoingError } from './outgoing.ts'
import type { OutgoingOptions, ResolvedAddress } from './outgoing.ts'

const servers: Server[] = []

afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

/** A server on this computer that counts who came. */
async function serving(listener: RequestListener) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

async function faultOf(url: string, options: OutgoingOptions = {}): Promise<string> {
  const error: unknown = await outgoing(options)(url).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error, url).toBeInstanceOf(OutgoingError)
  return (error as OutgoingError).fault
}

const here = { reachable: ['loopback'] } as const

test('SECURITY 249: no request goes to an address inside, however it is spelt, and whatever a name stands for', async () => {
  const { port, seen } = await serving((_, response) => response.end('{}'))
  const addresses = [
    '127.0.0.1', '127.1', '127.0.1', '0x7f.1', '0x7f000001', '2130706433', '017700000001', '127.000.000.001', '0', '0.0.0.0',
    '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[::127.0.0.1]',
    'localhost', 'LOCALHOST', '１２７.0.0.1', '127。0。0。1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1',
    '169.254.169.254', '[fd00:ec2::254]', '[fe80::1]', '168.63.129.16', '255.255.255.255', '224.0.0.1',
  ] // prettier-ignore
  for (const address of addresses) {
    expect([address, await faultOf(`http://${address}:${port}/`, { allowHttp: true })]).toEqual([
      address,
      'address',
    ])
  }
  const names: readonly (readonly ResolvedAddress[])[] = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '8.8.8.8', family: 4 }, { address: '127.0.0.1', family: 4 }],
    [{ address: '2606:4700::1111', family: 6 }, { address: '::ffff:10.0.0.1', family: 6 }],
    [{ address: 'fe80::1%lo', family: 6 }],
    [{ address: 'what is this', family: 4 }],
  ] // prettier-ignore
  for (const found of names) {
    const resolve = (): Promise<readonly ResolvedAddress[]> => Promise.resolve(found)
    expect(await faultOf(`http://issuer.test:${port}/`, { allowHttp: true, resolve })).toBe('address')
  }
  expect(seen).toEqual([])
})

test('SECURITY 249: some addresses inside can be allowed, and the metadata of clouds never', async () => {
  const { port, seen } = await serving((_, response) => response.end('{}'))
  const both: OutgoingOptions = { reachable: ['loopback', 'private'], allowHttp: true, timeout: 0.2 }
  expect((await outgoing(both)(`http://127.0.0.1:${port}/`)).status).toBe(200)
  expect(await faultOf('http://169.254.169.254/', both)).toBe('address')
  expect(await faultOf('http://[fd00:ec2::254]/', both)).toBe('address')
  expect(await faultOf('http://10.0.0.1/', { ...both, reachable: ['loopback'] })).toBe('address')
  expect(seen).toHaveLength(1)
})

test('SECURITY 249: the connection goes to the address that was judged, whatever the name stands for a moment later', async () => {
  const { port, seen } = await serving((request, response) => {
    response.end(`${request.headers.host} at ${request.socket.localAddress}`)
  })
  let asked = 0
  const resolve = (): Promise<readonly ResolvedAddress[]> => {
    asked++
    return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }])
  }
  const answer = await outgoing({ ...here, resolve })(`http://issuer.test:${port}/x`)
  expect(new TextDecoder().decode(answer.body)).toBe(`issuer.test:${port} at 127.0.0.1`)
  expect([asked, seen.length]).toEqual([1, 1])
})

test('SECURITY 249: https, but for this computer', async () => {
  const inside = (): Promise<readonly ResolvedAddress[]> =>
    Promise.resolve([{ address: '10.0.0.1', family: 4 }])
  expect(await faultOf('http://issuer.test/', { reachable: ['private'], resolve: inside })).toBe('scheme')
  expect(await faultOf('http://8.8.8.8/')).toBe('scheme')
  for (const url of [
    'ftp://8.8.8.8/', 'file:///etc/passwd', 'data:application/json,{}', 'javascript:1', '//8.8.8.8', '', 'x', 'https://',
    'https://user@8.8.8.8/', 'https://user:secret@8.8.8.8/', 'gopher://127.0.0.1', 'unix:/run/x',
  ]) expect([url, await faultOf(url)]).toEqual([url, 'scheme']) // prettier-ignore
})

test('SECURITY 249: a redirect is not followed, and the secret stays where it was sent', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const target = await serving((_, response) => response.end('{}'))
    const { url, seen } = await serving((_, response) =>
      response.writeHead(status, { location: target.url }).end(),
    )
    for (const options of [here, { ...here, fetch: (to: string, init: RequestInit) => fetch(to, init) }]) {
      const sent = outgoing(options)(url, {
        method: 'POST',
        body: 'x',
        headers: { authorization: 'Basic secret' },
      })
      await expect(sent).rejects.toMatchObject({ fault: 'redirect' })
    }
    expect([seen.length, target.seen.length]).toEqual([2, 0])
  }
})

test('SECURITY 249: an answer that does not end, in time or in size, is given up', async () => {
  const silent = await serving(() => undefined)
  const drips = await serving((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  })
  let written = 0
  const huge = await serving((_, response) => {
    const chunk = Buffer.alloc(65_536, 32)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length
    }
    response.on('drain', more)
    more()
  })
  const lies = await serving((_, response) => response.writeHead(200, { 'content-length': '1e9' }).end('{}'))
  for (const through of [undefined, (to: string, init: RequestInit) => fetch(to, init)]) {
    expect(await faultOf(silent.url, { ...here, timeout: 0.2, fetch: through })).toBe('time')
    expect(await faultOf(drips.url, { ...here, timeout: 0.2, fetch: through })).toBe('time')
    expect(await faultOf(huge.url, { ...here, maxBytes: 100_000, fetch: through })).toBe('size')
    expect(await faultOf(lies.url, { ...here, fetch: through })).toBe('network')
  }
  expect(written).toBeLessThan(50_000_000)
  const slowName = (): Promise<never> => new Promise(() => undefined)
  expect(await faultOf('https://issuer.test/', { timeout: 0.1, resolve: slowName })).toBe('time')
})

test('an answer is read to its end, with its status, and nothing compressed is taken', async () => {
  const { url, seen } = await serving((request, response) => {
    if (request.url === '/zip') response.setHeader('content-encoding', 'gzip')
    response.statusCode = 404
    request.pipe(response)
  })
  const send = outgoing(here)
  const answer = await send(`${url}/a?b=c#d`, {
    method: 'POST',
    body: 'ä',
    headers: { 'content-type': 'text/plain' },
  })
  expect([answer.status, new TextDecoder().decode(answer.body)]).toEqual([404, 'ä'])
  const [first] = seen
  expect([first?.url, first?.headers['accept-encoding'], first?.headers['content-length']]).toEqual([
    '/a?b=c', 'identity', '2',
  ]) // prettier-ignore
  await expect(send(`${url}/zip`)).rejects.toMatchObject({ fault: 'encoding' })
})

test('SECURITY 275: what is logged names the address and neither its query nor what was sent', async () => {
  const { url } = await serving((_, response) => response.destroy())
  const error: unknown = await outgoing(here)(`${url}/keys?secret=hush`, {
    method: 'POST', body: 'hush', headers: { authorization: 'hush' },
  }).catch((reason: unknown) => reason) // prettier-ignore
  expect(String(error)).toBe(`OutgoingError: ${url}/keys cannot be reached: ECONNRESET`)
})
