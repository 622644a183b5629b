/** A server of tools with sessions, streams and questions back to the program: what the conformance suite wants to meet, behind a guard. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js'
import { completable } from '@modelcontextprotocol/sdk/server/completable.js'
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { api, passwordBearer, request, sameOrigin, security } from 'gatewright'
import type { Api } from 'gatewright'

/** The token that its guard lets in. */
export const everythingToken = 'everything'

const image =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const audio = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='

/** @param address Where it is: `http://localhost:8000`. */
export function everything(address: string): Api {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()
  const auth = passwordBearer({
    tokenUrl: 'token',
    scopes: { tools: 'Use the tools' },
    verify: (token) => (token === everythingToken ? { subject: 'suite', scopes: ['tools'] } : undefined),
  })
  const page = sameOrigin({ origin: address })
  const record = { page, token: security(auth, ['tools']), request }

  async function handled(asked: Request): Promise<Response> {
    const id = asked.headers.get('mcp-session-id')
    const known = sessions.get(id ?? '')
    if (known !== undefined) return known.handleRequest(asked)
    // A session that has ended: the program is to begin another.
    if (id !== null) return new Response(null, { status: 404 })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new InMemoryEventStore(),
      retryInterval: 500,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    })
    await serverOfAll().connect(transport)
    return transport.handleRequest(asked)
  }

  const all = ({ request: asked }: { readonly request: Request }) => handled(asked)
  return api().post('/mcp', record, all).get('/mcp', record, all).delete('/mcp', record, all)
}

function serverOfAll(): McpServer {
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    {
      capabilities: {
        logging: {},
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        tools: { listChanged: true },
      },
    },
  )
  addPlainTools(server)
  addLongTools(server)
  addQuestions(server)
  addResources(server)
  addPrompts(server)
  for (const schema of [SetLevelRequestSchema, SubscribeRequestSchema, UnsubscribeRequestSchema]) {
    server.server.setRequestHandler(schema as typeof SetLevelRequestSchema, () => ({}))
  }
  return server
}

function text(value: string) {
  return { content: [{ type: 'text' as const, text: value }] }
}

function addPlainTools(server: McpServer): void {
  const picture = { type: 'image' as const, data: image, mimeType: 'image/png' }
  const embedded = (uri: string, mimeType: string, value: string) => ({
    type: 'resource' as const,
    resource: { uri, mimeType, text: value },
  })
  const plain = (name: string, answer: () => CallToolResult) =>
    server.registerTool(name, { description: name }, answer)
  plain('test_simple_text', () => text('This is a simple text response for testing.'))
  plain('test_image_content', () => ({ content: [picture] }))
  plain('test_audio_content', () => ({ content: [{ type: 'audio', data: audio, mimeType: 'audio/wav' }] }))
  plain('test_embedded_resource', () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }))
  plain('test_multiple_content_types', () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      picture,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }))
  plain('test_error_handling', () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
}

/** Those that say something before they answer. */
function addLongTools(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs' }, async ({ sendNotification }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data } })
      await sleep(50)
    }
    return text('Logged')
  })
  server.registerTool('test_tool_with_progress', { description: 'Tells how far it is' }, async (extra) => {
    const progressToken = extra._meta?.progressToken ?? 0
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 }
      await extra.sendNotification({ method: 'notifications/progress', params })
      await sleep(50)
    }
    return text('Done')
  })
  // Its stream is cut, and its answer waits for whoever comes back.
  server.registerTool('test_reconnection', { description: 'Is interrupted' }, async ({ closeSSEStream }) => {
    await sleep(100)
    closeSSEStream?.()
    await sleep(100)
    return text('Reconnected')
  })
}

/** Those that ask the program something. */
function addQuestions(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model', inputSchema: { prompt: z.string() } },
    async ({ prompt }, { sendRequest }) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }]
      const params = { messages, maxTokens: 100 }
      const { content } = await sendRequest(
        { method: 'sampling/createMessage', params },
        CreateMessageResultSchema,
      )
      return text(`LLM response: ${'text' in content ? String(content.text) : ''}`)
    },
  )
  const asks = (name: string, properties: Record<string, object>): void => {
    server.registerTool(
      name,
      { description: 'Asks the person', inputSchema: { message: z.string().optional() } },
      async ({ message = 'Tell us' }, { sendRequest }) => {
        const params = { message, requestedSchema: { type: 'object' as const, properties, required: [] } }
        const request = { method: 'elicitation/create', params } as Parameters<typeof sendRequest>[0]
        const { action, content } = await sendRequest(request, ElicitResultSchema)
        return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
      },
    )
  }
  asks('test_elicitation', { response: { type: 'string', description: "User's response" } })
  asks('test_elicitation_sep1034_defaults', {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  })
  const options = ['option1', 'option2', 'option3']
  const titled = [
    { const: 'value1', title: 'First Option' },
    { const: 'value2', title: 'Second Option' },
    { const: 'value3', title: 'Third Option' },
  ]
  asks('test_elicitation_sep1330_enums', {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: { type: 'string', enum: options, enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  })
}

function addResources(server: McpServer): void {
  const plain = { mimeType: 'text/plain', description: 'A text' }
  const sentence = 'This is the content of the static text resource.'
  const static_ = 'test://static-text'
  server.registerResource('text', static_, plain, () => ({
    contents: [{ uri: static_, mimeType: 'text/plain', text: sentence }],
  }))
  const binary = 'test://static-binary'
  server.registerResource('binary', binary, { mimeType: 'image/png', description: 'A picture' }, () => ({
    contents: [{ uri: binary, mimeType: 'image/png', blob: image }],
  }))
  const watched = 'test://watched-resource'
  server.registerResource('watched', watched, plain, () => ({
    contents: [{ uri: watched, mimeType: 'text/plain', text: 'Watched resource content' }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  const json = { mimeType: 'application/json', description: 'With a number' }
  server.registerResource('template', template, json, ({ href }, { id }) => {
    const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` })
    return { contents: [{ uri: href, mimeType: 'application/json', text: data }] }
  })
}

function addPrompts(server: McpServer): void {
  const said = (value: string) => ({
    role: 'user' as const,
    content: { type: 'text' as const, text: value },
  })
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () => ({
    messages: [said('This is a simple prompt for testing.')],
  }))
  const two = { arg1: completable(z.string(), () => []), arg2: z.string() }
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Two arguments', argsSchema: two },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'With a resource', argsSchema: { resourceUri: z.string() } },
    ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' }
      return {
        messages: [
          { role: 'user', content: { type: 'resource', resource } },
          said('Please process the embedded resource above.'),
        ],
      }
    },
  )
  server.registerPrompt('test_prompt_with_image', { description: 'With a picture' }, () => ({
    messages: [
      { role: 'user', content: { type: 'image', data: image, mimeType: 'image/png' } },
      said('Please analyze the image above.'),
    ],
  }))
}
