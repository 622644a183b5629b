/** Starts the MCP server: `npm run example mcp-server`, and then in your program the address it prints. */

import { service } from './service.ts'

const { DATABASE_URL = 'sqlite::memory:', PORT = '8000' } = process.env
const address = `http://localhost:${PORT}`
const { app, server } = service({ address, database: DATABASE_URL })
const { accounts } = await server.open()
if ((await accounts.list()).length === 0) {
  await accounts.create({ username: 'alice', password: 'correct horse battery staple' })
}
await app.listen({ port: Number(PORT) })
console.log(`${address}/mcp  (log in as alice, correct horse battery staple)`)
