/** The security scheme of a server as the document has it: which ways to a token it names. */

import { api, security } from 'gatewright'
import { expect, test } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { authorizationServer as withoutPages } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer, BearerFlow } from '../../src/server/index.ts'

const options = {
  issuer: 'http://localhost:8000',
  database: 'sqlite::memory:',
  scopes: { read: 'Read', write: 'Write' },
} as const

function flowsOf(server: AuthorizationServer<'read' | 'write'>, flows?: readonly BearerFlow[]): unknown {
  const auth = server.bearer(flows && { flows })
  const app = api().get('/', { token: security(auth, ['read']) }, () => 'in')
  return app.openapi().components?.securitySchemes?.['OAuth2']?.['flows']
}

const { issuer, scopes } = options
const clientCredentials = { tokenUrl: `${issuer}/token`, scopes }
const authorizationCode = { ...clientCredentials, authorizationUrl: `${issuer}/authorize` }

test('all that the server has, or those that are wished for', () => {
  const server = authorizationServer(options)
  expect(flowsOf(server)).toEqual({ authorizationCode, clientCredentials })
  expect(flowsOf(server, ['authorizationCode'])).toEqual({ authorizationCode })
  expect(flowsOf(server, ['clientCredentials'])).toEqual({ clientCredentials })
  expect(flowsOf(withoutPages(options))).toEqual({ clientCredentials })
})

test('a way that the server does not have is refused, and so is none at all', () => {
  expect(() => flowsOf(withoutPages(options), ['authorizationCode'])).toThrow(
    'bearer: the option flows is not usable: it names some of what there is: clientCredentials',
  )
  expect(() => flowsOf(authorizationServer(options), [])).toThrow(TypeError)
})
