/** The fields about a client on the admin pages: what stands in them, and what was sent. */

import { formatScope, parseScope } from '../../../protocol/scope.ts'
import { newClientId } from '../../clients.ts'
import type { Client, ClientDefinition, ClientPatch } from '../../clients.ts'
import type {
  AdminClientFields,
  AdminClientKind,
  AdminClientRow,
  AdminNewClientFields,
} from '../../interaction/admin-pages.ts'
import { FormProblem } from './admin-page.ts'
import type { AdminRequest } from './admin-page.ts'

/** What stands in the fields: what was sent and is wrong, or else what there is. */
export function clientFields({ sent }: AdminRequest, isAgain: boolean, client?: Client): AdminClientFields {
  if (!isAgain) {
    const { metadata, privileges } = client ?? {}
    return {
      name: metadata?.clientName,
      redirectUris: (metadata?.redirectUris ?? []).join('\n'),
      scope: formatScope(metadata?.scopes ?? []),
      isFirstParty: privileges?.firstParty === true,
    }
  }
  return {
    name: sent.one('client_name')?.slice(0, 1000),
    redirectUris: sent.one('redirect_uris')?.slice(0, 10_000) ?? '',
    scope: sent.one('scope')?.slice(0, 10_000) ?? '',
    isFirstParty: sent.one('first_party') === 'yes',
  }
}

/** The same of a client that is to be added. */
export function newClientFields(request: AdminRequest, isAgain: boolean): AdminNewClientFields {
  const fields = clientFields(request, isAgain)
  if (!isAgain) return { ...fields, kind: 'confidential' }
  return { ...fields, id: request.sent.one('client_id')?.slice(0, 1000), kind: sentKind(request) }
}

/** What was sent as a change. */
export function sentPatch({ sent }: AdminRequest): ClientPatch {
  return {
    clientName: sent.one('client_name') ?? null,
    redirectUris: sentUris(sent.one('redirect_uris')),
    scopes: sentScope(sent.one('scope')) ?? null,
    firstParty: sent.one('first_party') === 'yes' ? true : null,
    disabled: sent.one('disabled') === 'yes',
  }
}

/** What was sent as a client to be added. */
export function sentDefinition(request: AdminRequest): ClientDefinition {
  const { sent } = request
  const kind = sentKind(request)
  const isMachine = kind === 'machine'
  const scopes = sentScope(sent.one('scope'))
  const name = sent.one('client_name')
  return {
    id: sent.one('client_id') ?? newClientId(),
    ...(name === undefined ? {} : { clientName: name }),
    ...(isMachine
      ? { clientCredentialsScopes: scopes ?? [] }
      : {
          redirectUris: sentUris(sent.one('redirect_uris')),
          grantTypes: ['authorization_code', 'refresh_token'],
          ...(scopes === undefined ? {} : { scopes }),
          ...(sent.one('first_party') === 'yes' ? { firstParty: true } : {}),
        }),
    ...(kind === 'public' || kind === 'native' ? { tokenEndpointAuthMethod: 'none' } : {}),
    ...(kind === 'native' ? { applicationType: 'native' } : {}),
  }
}

/** A client as a row of a list. */
export function clientRow({ id, metadata, source, disabled }: Client, basePath: string): AdminClientRow {
  return {
    id,
    name: metadata.clientName,
    href: `${basePath}/admin/clients/${encodeURIComponent(id)}`,
    source,
    isDisabled: disabled,
  }
}

const kinds: readonly AdminClientKind[] = ['confidential', 'public', 'native', 'machine']

/** One with a secret, where it does not say: what needs none is not made by accident. */
function sentKind({ sent }: AdminRequest): AdminClientKind {
  return kinds.find((kind) => kind === sent.one('kind')) ?? 'confidential'
}

function sentUris(text = ''): readonly string[] {
  return text.split(/\s+/).filter((uri) => uri !== '')
}

function sentScope(text: string | undefined): readonly string[] | undefined {
  const words = text?.split(/\s+/).filter((word) => word !== '')
  if (words === undefined || words.length === 0) return undefined
  if (parseScope(words.join(' ')) === undefined) throw new FormProblem('client')
  return words
}
