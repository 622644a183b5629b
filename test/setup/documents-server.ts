/** An authorization server in a process of its own, as it runs in production: what it trusts is in its environment (`NODE_EXTRA_CA_CERTS`). */

import { api } from 'gatewright'
import { authorizationServer } from 'gatewright/server'
import type { ClientDocumentOptions } from 'gatewright/server'

const [issuer = '', database = '', options = '{}'] = process.argv.slice(2)
const server = authorizationServer({
  issuer,
  database,
  secretKey: 'a key that only this test knows, and long enough',
  scopes: { read: 'Read' },
  resources: { 'https://api.internal.test': { name: 'API' } },
  clientIdMetadataDocuments: {
    ...(JSON.parse(options) as ClientDocumentOptions),
    // What the name server of the network would say.
    resolve: async (name) => (name.endsWith('.internal.test') ? [{ address: '127.0.0.1', family: 4 }] : []),
  },
})
const { accounts } = await server.open()
await accounts.create({ username: 'alice', password: 'correct horse battery' })
const { port } = await api().mount(server).listen({ port: 0, hostname: '127.0.0.1' })
process.send?.(port)
