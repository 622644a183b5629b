/** A client as the pages show it: text, and nothing of it trusted. */

import type { Client } from '../clients.ts'
import type { PageClient } from './pages.ts'

/** What a page may show of a client. */
export function pageClient({ id, source, metadata }: Client): PageClient {
  return {
    name: metadata.clientName ?? id,
    host: source === 'document' ? new URL(id).host : undefined,
    policyUri: webAddress(metadata.policyUri),
    termsUri: webAddress(metadata.tosUri),
    isUnverified: source === 'registered',
  }
}

/** Only what a browser opens as a web page: `javascript:` is an address as well. */
function webAddress(uri: string | undefined): string | undefined {
  return uri !== undefined && URL.parse(uri)?.protocol === 'https:' ? uri : undefined
}
