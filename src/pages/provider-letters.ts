/** What the mails about linked providers say. */

import type { Message } from '../server/interaction/messages.ts'
import type { LetterWords } from './letters.ts'

type ProviderMessage = Extract<Message, { readonly kind: 'provider_changed' }>

/** English. */
export function englishProviderLetter(
  { change, provider, username, resetLink }: ProviderMessage,
  service: string,
): LetterWords {
  return {
    subject: `Who can log in to your account at ${service}`,
    before: [
      change === 'linked'
        ? `The account ${username} at ${service} is linked with an account at ${provider} now: whoever logs in there can log in here.`
        : `The account ${username} at ${service} is not linked with an account at ${provider} any more: nobody logs in with that one now.`,
    ],
    after: [
      `If it was not you, set another password at once: ${resetLink}`,
      `Then look at what is linked with your account, and tell those who run ${service}.`,
    ],
  }
}

/** German. */
export function germanProviderLetter(
  { change, provider, username, resetLink }: ProviderMessage,
  service: string,
): LetterWords {
  return {
    subject: `Wer sich mit Ihrem Konto bei ${service} anmelden kann`,
    before: [
      change === 'linked'
        ? `Das Konto ${username} bei ${service} ist jetzt mit einem Konto bei ${provider} verknüpft: Wer sich dort anmeldet, kann sich hier anmelden.`
        : `Das Konto ${username} bei ${service} ist nicht mehr mit einem Konto bei ${provider} verknüpft: Damit meldet sich hier niemand mehr an.`,
    ],
    after: [
      `Waren Sie es nicht, dann setzen Sie gleich ein neues Passwort: ${resetLink}`,
      `Sehen Sie dann nach, was mit Ihrem Konto verknüpft ist, und sagen Sie es denen, die ${service} betreiben.`,
    ],
  }
}
