/** Letters to people, written behind the answer, and the addresses of this server that they name. */

import type { Service } from '../service.ts'
import type { Letter } from './mailroom.ts'

/** What somebody waits for. */
const asked: ReadonlySet<Letter['message']['kind']> = new Set(['sign_up', 'reset', 'reset_sent', 'email'])

/**
 * Writes to people, behind the answer.
 *
 * @throws {HttpError} 503 when too much waits and somebody asked for it; what is only news is dropped then.
 */
export function postLetters(
  { mail, settings }: Pick<Service, 'mail' | 'settings'>,
  kind: Letter['message']['kind'],
  language: string | undefined,
  letters: () => Promise<readonly Letter[]>,
): void {
  try {
    mail?.post(kind, language, letters)
  } catch (error) {
    // Whoever has asked for something is told; what is only news is dropped.
    if (asked.has(kind)) throw error
    settings.report(new Error(`A message (${kind}) was dropped: too many wait to be sent`, { cause: error }))
  }
}

/** SECURITY: the host is the issuer's, whatever a request says that it is (CVE-2025-64101). */
export function addressOf({ settings }: Pick<Service, 'settings'>, path: string): string {
  return `${settings.issuer.replace(/\/$/, '')}${path}`
}

/** Where somebody asks for another password. */
export function resetAddress(service: Pick<Service, 'settings'>): string {
  return addressOf(service, '/forgot-password')
}
