import { expect, test } from 'vitest'
import { resourceMetadata, resourceMetadataUrl } from './resource-metadata.ts'

test('SECURITY 140, RFC 9728 §2: the document', () => {
  expect(
    resourceMetadata({ resource: 'https://api.test', authorizationServers: ['https://as.test'] }),
  ).toEqual({
    resource: 'https://api.test',
    authorization_servers: ['https://as.test'],
    bearer_methods_supported: ['header'],
  })
  expect(
    resourceMetadata({
      resource: 'https://api.test', authorizationServers: ['https://as.test'], scopes: ['read'], name: 'Items', documentation: 'https://d.test',
      policyUri: 'https://p.test', tosUri: 'https://t.test', dpopAlgorithms: ['ES256'], requireDpop: true,
    }), // prettier-ignore
  ).toEqual({
    resource: 'https://api.test', authorization_servers: ['https://as.test'], scopes_supported: ['read'], bearer_methods_supported: ['header'], resource_name: 'Items',
    resource_documentation: 'https://d.test', resource_policy_uri: 'https://p.test', resource_tos_uri: 'https://t.test',
    dpop_signing_alg_values_supported: ['ES256'], dpop_bound_access_tokens_required: true,
  }) // prettier-ignore
})

test('SECURITY 140, RFC 9728 §3.1: the well-known path goes between the host and the rest', () => {
  const well = '/.well-known/oauth-protected-resource'
  const urls = {
    'https://api.test': `https://api.test${well}`,
    'https://api.test/': `https://api.test${well}`,
    'https://api.test/v1': `https://api.test${well}/v1`,
    'https://api.test/v1/': `https://api.test${well}/v1/`,
    'https://api.test:8443/v1?x=1': `https://api.test:8443${well}/v1?x=1`,
    'https://api.test?x=1': `https://api.test${well}?x=1`,
    'https://api.test/?x=1': `https://api.test${well}?x=1`,
    'http://localhost:3000/mcp': `http://localhost:3000${well}/mcp`,
  }
  for (const [resource, url] of Object.entries(urls)) expect(resourceMetadataUrl(resource)).toBe(url)
  for (const resource of [
    'urn:example:c',
    'api://items',
    'x:https://api.test',
    'https://',
    'https:api.test',
    '',
    'https://api.test#x',
  ]) {
    expect(resourceMetadataUrl(resource), resource).toBeUndefined()
  }
})
