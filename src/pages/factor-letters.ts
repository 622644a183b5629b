/** What the mails about second factors say. */

import type { FactorChange, Message } from '../server/interaction/messages.ts'
import type { LetterWords } from './letters.ts'

type FactorMessage = Extract<Message, { readonly kind: 'factors_changed' }>
type Sentences = Readonly<Record<FactorChange, string>>

/** English. */
export function englishFactorLetter(
  { change, username, resetLink }: FactorMessage,
  service: string,
): LetterWords {
  const of = `the account ${username} at ${service}`
  const others = 'All other browsers have been logged out.'
  const sentences: Sentences = {
    app_added: `An authenticator app was added to ${of}. ${others}`,
    passkey_added: `A passkey was added to ${of}. It logs in without the password. ${others}`,
    app_removed: `An authenticator app was removed from ${of}. ${others}`,
    passkey_removed: `A passkey was removed from ${of}. ${others}`,
    codes_renewed: `There are new recovery codes for ${of}. The ones before are not good any more.`,
    code_used: `Somebody, most likely you, logged in to ${of} with a recovery code. It is not good any more.`,
    reset: `Those who run ${service} have taken all second factors away from the account ${username}: apps, passkeys and recovery codes. Everybody who was logged in to it has been signed out, and the password alone is enough now.`,
  }
  return {
    subject: `The second factors of your account at ${service}`,
    before: [sentences[change]],
    after: [
      `If it was not you, and nobody did it for you, set another password at once: ${resetLink}`,
      `Then tell those who run ${service}: they can take away what a stranger has added.`,
    ],
  }
}

/** German. */
export function germanFactorLetter(
  { change, username, resetLink }: FactorMessage,
  service: string,
): LetterWords {
  const of = `das Konto ${username} bei ${service}`
  const others = 'Alle anderen Browser wurden abgemeldet.'
  const sentences: Sentences = {
    app_added: `Für ${of} wurde eine Authenticator-App hinzugefügt. ${others}`,
    passkey_added: `Für ${of} wurde ein Passkey hinzugefügt. Er meldet ohne Passwort an. ${others}`,
    app_removed: `Für ${of} wurde eine Authenticator-App entfernt. ${others}`,
    passkey_removed: `Für ${of} wurde ein Passkey entfernt. ${others}`,
    codes_renewed: `Für ${of} gibt es neue Wiederherstellungscodes. Die früheren gelten nicht mehr.`,
    code_used: `Jemand, vermutlich Sie, hat sich für ${of} mit einem Wiederherstellungscode angemeldet. Er gilt nicht mehr.`,
    reset: `Wer ${service} betreibt, hat dem Konto ${username} alle zweiten Faktoren genommen: Apps, Passkeys und Wiederherstellungscodes. Alle, die damit angemeldet waren, sind abgemeldet, und das Passwort allein genügt jetzt.`,
  }
  return {
    subject: `Die zweiten Faktoren Ihres Kontos bei ${service}`,
    before: [sentences[change]],
    after: [
      `Waren Sie es nicht, und hat es niemand für Sie getan, dann setzen Sie gleich ein neues Passwort: ${resetLink}`,
      `Sagen Sie es dann denen, die ${service} betreiben: Sie können wegnehmen, was ein Fremder hinzugefügt hat.`,
    ],
  }
}
