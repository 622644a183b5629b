/** Every sentence of the mails, so that each can be said in another language. */

import { englishFactorLetter, germanFactorLetter } from './factor-letters.ts'
import { englishProviderLetter, germanProviderLetter } from './provider-letters.ts'
import type { Message } from '../server/interaction/messages.ts'

/** What a mail says, around its link. */
export interface LetterWords {
  readonly subject: string
  readonly before: readonly string[]
  /** What is written on the link; missing where there is none. */
  readonly action?: string
  readonly after: readonly string[]
}

/** Writes what a mail says in one language. */
export type Letters = (message: Message, service: string) => LetterWords

/** English. */
export const englishLetters: Letters = (message, service) => {
  switch (message.kind) {
    case 'sign_up':
      return {
        subject: `Your account at ${service}`,
        before: [`Somebody, most likely you, wants an account at ${service} with this address.`],
        action: 'Make the account',
        after: [
          `The link is good for ${message.minutes} minutes, once.`,
          'If it was not you, do nothing: without the link there will be no account.',
        ],
      }
    case 'sign_up_known':
      return {
        subject: `You have an account at ${service}`,
        before: [
          `Somebody, most likely you, wanted an account at ${service} with this address. There is one already: ${message.username}.`,
        ],
        action: 'Log in',
        after: [
          `Have you forgotten the password? Set another one: ${message.resetLink}`,
          'If it was not you, do nothing: nothing has changed.',
        ],
      }
    case 'reset':
      return {
        subject: `Set another password at ${service}`,
        before: [
          `Somebody, most likely you, wants to set another password for the account ${message.username} at ${service}.`,
        ],
        action: 'Set another password',
        after: [
          `The link is good for ${message.minutes} minutes, once.`,
          'If it was not you, do nothing: your password stays as it is.',
        ],
      }
    case 'reset_sent':
      return {
        subject: `Set another password at ${service}`,
        before: [
          `Those who run ${service} ask you to set another password for the account ${message.username}.`,
        ],
        action: 'Set another password',
        after: [
          `The link is good for ${message.minutes} minutes, once.`,
          'Until you use it your password stays as it is.',
        ],
      }
    case 'email':
      return {
        subject: `Is this your address? ${service}`,
        before: [`The account ${message.username} at ${service} is to have this address.`],
        action: 'Yes, this is my address',
        after: [
          `The link is good for ${message.minutes} minutes, once.`,
          'If you do not know the account, do nothing.',
        ],
      }
    case 'email_asked':
      return {
        subject: `Another address for your account at ${service}`,
        before: [
          `Somebody, most likely you, wants the account ${message.username} at ${service} to have another address: ${message.email}. It changes when the link that went there is used.`,
        ],
        after: [`If it was not you, somebody knows your password. Set another one: ${message.resetLink}`],
      }
    case 'email_changed':
      return {
        subject: `Your account at ${service} has another address`,
        before: [
          `The account ${message.username} at ${service} has another address now: ${message.email}. We do not write to this one any more.`,
        ],
        after: [`If it was not you, tell those who run ${service} at once.`],
      }
    case 'password_changed':
      return {
        subject: `Your password at ${service} was changed`,
        before: [
          `The account ${message.username} at ${service} has another password now. Everybody who was logged in to it has been signed out.`,
        ],
        after: [`If it was not you, set another one at once: ${message.resetLink}`],
      }
    case 'factors_changed':
      return englishFactorLetter(message, service)
    case 'provider_changed':
      return englishProviderLetter(message, service)
  }
}

/** German. */
export const germanLetters: Letters = (message, service) => {
  switch (message.kind) {
    case 'sign_up':
      return {
        subject: `Ihr Konto bei ${service}`,
        before: [`Jemand, vermutlich Sie, möchte mit dieser Adresse ein Konto bei ${service}.`],
        action: 'Konto anlegen',
        after: [
          `Der Link gilt ${message.minutes} Minuten lang, ein Mal.`,
          'Waren Sie es nicht, dann tun Sie nichts: Ohne den Link entsteht kein Konto.',
        ],
      }
    case 'sign_up_known':
      return {
        subject: `Sie haben ein Konto bei ${service}`,
        before: [
          `Jemand, vermutlich Sie, wollte mit dieser Adresse ein Konto bei ${service}. Es gibt schon eines: ${message.username}.`,
        ],
        action: 'Anmelden',
        after: [
          `Haben Sie das Passwort vergessen? Hier setzen Sie ein neues: ${message.resetLink}`,
          'Waren Sie es nicht, dann tun Sie nichts: Es hat sich nichts geändert.',
        ],
      }
    case 'reset':
      return {
        subject: `Neues Passwort bei ${service}`,
        before: [
          `Jemand, vermutlich Sie, möchte für das Konto ${message.username} bei ${service} ein neues Passwort setzen.`,
        ],
        action: 'Neues Passwort setzen',
        after: [
          `Der Link gilt ${message.minutes} Minuten lang, ein Mal.`,
          'Waren Sie es nicht, dann tun Sie nichts: Ihr Passwort bleibt, wie es ist.',
        ],
      }
    case 'reset_sent':
      return {
        subject: `Neues Passwort bei ${service}`,
        before: [
          `Wer ${service} betreibt, bittet Sie, für das Konto ${message.username} ein neues Passwort zu setzen.`,
        ],
        action: 'Neues Passwort setzen',
        after: [
          `Der Link gilt ${message.minutes} Minuten lang, ein Mal.`,
          'Bis Sie ihn benutzen, bleibt Ihr Passwort, wie es ist.',
        ],
      }
    case 'email':
      return {
        subject: `Ist das Ihre Adresse? ${service}`,
        before: [`Das Konto ${message.username} bei ${service} soll diese Adresse bekommen.`],
        action: 'Ja, das ist meine Adresse',
        after: [
          `Der Link gilt ${message.minutes} Minuten lang, ein Mal.`,
          'Kennen Sie das Konto nicht, dann tun Sie nichts.',
        ],
      }
    case 'email_asked':
      return {
        subject: `Eine andere Adresse für Ihr Konto bei ${service}`,
        before: [
          `Jemand, vermutlich Sie, möchte für das Konto ${message.username} bei ${service} eine andere Adresse: ${message.email}. Sie ändert sich, wenn der Link benutzt wird, der dorthin ging.`,
        ],
        after: [
          `Waren Sie es nicht, dann kennt jemand Ihr Passwort. Setzen Sie ein neues: ${message.resetLink}`,
        ],
      }
    case 'email_changed':
      return {
        subject: `Ihr Konto bei ${service} hat eine andere Adresse`,
        before: [
          `Das Konto ${message.username} bei ${service} hat jetzt eine andere Adresse: ${message.email}. An diese hier schreiben wir nicht mehr.`,
        ],
        after: [`Waren Sie es nicht, dann sagen Sie es gleich denen, die ${service} betreiben.`],
      }
    case 'password_changed':
      return {
        subject: `Ihr Passwort bei ${service} wurde geändert`,
        before: [
          `Das Konto ${message.username} bei ${service} hat jetzt ein anderes Passwort. Alle, die damit angemeldet waren, sind abgemeldet.`,
        ],
        after: [`Waren Sie es nicht, dann setzen Sie gleich ein neues: ${message.resetLink}`],
      }
    case 'factors_changed':
      return germanFactorLetter(message, service)
    case 'provider_changed':
      return germanProviderLetter(message, service)
  }
}
