/** Starts the MCP server: `npm run example mcp-server`, and then in your program the address it prints. */

import { service } from './service.ts'

const address = 'http://localhost:8000'
const { app, server } = service({ address, database: process.env['DATABASE_URL'] ?? 'sqlite::memory:' })
const { accounts } = await server.open()
if ((await accounts.list()).length === 0) {
  await accounts.create({ username: 'alice', password: 'correct horse battery staple' })
}
await app.listen({ port: 8000 })
console.log(`${address}/mcp  (log in as alice, correct horse battery staple)`)
