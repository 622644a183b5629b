/** Every sentence of the pages, by its key, so that each can be said in another language. */

import { englishAccount, germanAccount } from './account/words.ts'
import type { AccountWords } from './account/words.ts'
import { englishDevice, germanDevice } from './device-words.ts'
import type { DeviceWords } from './device-words.ts'
import { englishFactors, germanFactors } from './factor-words.ts'
import type { FactorWords } from './factor-words.ts'
import { englishLetters, germanLetters } from './letters.ts'
import type { Letters } from './letters.ts'
import { englishProviders, germanProviders } from './provider-words.ts'
import type { ProviderWords } from './provider-words.ts'
import { englishRecovery, germanRecovery } from './recovery-words.ts'
import type { RecoveryWords } from './recovery-words.ts'

/** The sentences of one language. A function gets what stands in the sentence. */
export interface Words extends RecoveryWords, FactorWords, ProviderWords {
  readonly accountPages: AccountWords
  readonly devicePage: DeviceWords
  readonly logIn: string
  readonly logInTo: (service: string) => string
  readonly toContinueTo: string
  readonly username: string
  readonly password: string
  readonly cancel: string
  readonly wrongCredentials: string
  readonly tooManyTries: (seconds: number) => string
  readonly busy: string
  readonly missing: string
  readonly chooseAccount: string
  readonly continueAs: string
  readonly otherAccount: string
  readonly consentTitle: string
  readonly asksFor: string
  readonly unverified: string
  readonly unverifiedText: string
  /** Before the host of an application with a document. */
  readonly publishedAt: string
  readonly publishedText: string
  readonly loopbackText: string
  readonly willBeAbleTo: string
  readonly opens: string
  /** After the operations that there was room for. */
  readonly more: (count: number) => string
  readonly isNew: string
  readonly account: string
  readonly goesTo: string
  readonly loopback: string
  readonly forApi: string
  readonly lasts: string
  readonly days: (days: number) => string
  readonly once: string
  readonly allow: string
  readonly deny: string
  readonly privacyPolicy: string
  readonly terms: string
  readonly signOut: string
  readonly signOutQuestion: (person: string) => string
  readonly signedOut: string
  readonly signedOutText: string
  readonly goOn: string
  readonly goOnText: string
  readonly backTo: string
  readonly asksToSignOut: string
  /** Scopes of OpenID Connect by name; for others the server's own text is shown. */
  readonly identity: Readonly<Record<string, string>>
  readonly errorTitle: string
  readonly problems: Readonly<
    Record<'request' | 'expired' | 'link' | 'cross_site' | 'unavailable' | 'unexpected', string>
  >
  readonly detail: string
  readonly number: string
  /** What is sent by mail. */
  readonly letter: Letters
}

/** Words of a language that replace some of what there is. */
export type Translation = Partial<Omit<Words, 'accountPages' | 'devicePage'>> & {
  readonly accountPages?: Partial<AccountWords>
  readonly devicePage?: Partial<DeviceWords>
}

/** English. */
export const english: Words = {
  ...englishRecovery,
  ...englishProviders,
  ...englishFactors,
  accountPages: englishAccount,
  devicePage: englishDevice,
  logIn: 'Log in',
  logInTo: (service) => `Log in to ${service}`,
  toContinueTo: 'to continue to',
  username: 'Username',
  password: 'Password',
  cancel: 'Cancel',
  wrongCredentials: 'The username or the password is not right.',
  tooManyTries: (seconds) => `Too many tries. Try again in ${spanIn(seconds, 'second', 'minute')}.`,
  busy: 'Too many people are logging in just now. Try again in a moment.',
  missing: 'Fill in the username and the password.',
  chooseAccount: 'Choose an account',
  continueAs: 'Continue as',
  otherAccount: 'Use another account',
  consentTitle: 'Allow access?',
  asksFor: 'asks for access to your account',
  unverified: 'Not verified',
  unverifiedText: 'Nobody has checked who is behind this application. Go on only if you know it.',
  publishedAt: 'This application is published at',
  publishedText: 'Anybody can choose its name. Go on only if you know that address.',
  loopbackText:
    'You go on to a program on this computer, and any program here could say that it is this one. Allow it only if you have just started it.',
  willBeAbleTo: 'It will be able to',
  opens: 'What this opens',
  more: (count) => `and ${count} more`,
  isNew: 'New',
  account: 'Your account',
  goesTo: 'You go on to',
  loopback: 'a program on this computer',
  forApi: 'Access to',
  lasts: 'Lasts',
  days: (days) => (days === 1 ? 'up to a day' : `up to ${days} days`),
  once: 'a short while',
  allow: 'Allow',
  deny: 'Do not allow',
  privacyPolicy: 'Privacy policy',
  terms: 'Terms of service',
  signOut: 'Sign out',
  signOutQuestion: (person) => `You are logged in as ${person}. Do you want to sign out?`,
  signedOut: 'You are signed out',
  signedOutText: 'You can close this window.',
  goOn: 'Go on',
  goOnText: 'You are sent back to the application. If nothing happens, press the button.',
  backTo: 'Back to',
  asksToSignOut: 'asks to sign you out.',
  identity: {
    openid: 'Know who you are here',
    profile: 'See your name and username',
    email: 'See your e-mail address',
    offline_access: 'Keep access while you are away',
  },
  errorTitle: 'This did not work',
  problems: {
    request: 'The application sent a request that cannot be answered. Nothing was shared.',
    expired: 'This page is too old, or it was used already. Go back to the application and begin again.',
    link: 'This link is too old, was used already, or a newer one was sent. Ask for another one.',
    cross_site: 'The form did not come from this page, so it was not accepted. Go back and try again.',
    unavailable: 'The service cannot answer just now. Try again in a moment.',
    unexpected: 'Something went wrong on our side. Try again in a moment.',
  },
  detail: 'For the developer',
  number: 'Number',
  letter: englishLetters,
}

/** German. */
export const german: Words = {
  ...germanRecovery,
  ...germanProviders,
  ...germanFactors,
  accountPages: germanAccount,
  devicePage: germanDevice,
  logIn: 'Anmelden',
  logInTo: (service) => `Bei ${service} anmelden`,
  toContinueTo: 'weiter zu',
  username: 'Benutzername',
  password: 'Passwort',
  cancel: 'Abbrechen',
  wrongCredentials: 'Benutzername oder Passwort stimmen nicht.',
  tooManyTries: (seconds) =>
    `Zu viele Versuche. Versuchen Sie es in ${spanIn(seconds, 'Sekunde', 'Minute', 'n')} wieder.`,
  busy: 'Gerade melden sich zu viele an. Versuchen Sie es gleich noch einmal.',
  missing: 'Geben Sie Benutzername und Passwort ein.',
  chooseAccount: 'Konto wählen',
  continueAs: 'Weiter als',
  otherAccount: 'Anderes Konto verwenden',
  consentTitle: 'Zugriff erlauben?',
  asksFor: 'möchte auf Ihr Konto zugreifen',
  unverified: 'Nicht geprüft',
  unverifiedText: 'Niemand hat geprüft, wer hinter dieser Anwendung steht. Nur weiter, wenn Sie sie kennen.',
  publishedAt: 'Diese Anwendung ist veröffentlicht unter',
  publishedText: 'Den Namen kann jeder wählen. Nur weiter, wenn Sie diese Adresse kennen.',
  loopbackText:
    'Es geht weiter zu einem Programm auf diesem Computer, und jedes Programm hier könnte sich dafür ausgeben. Nur erlauben, wenn Sie es gerade selbst gestartet haben.',
  willBeAbleTo: 'Sie kann dann',
  opens: 'Was das öffnet',
  more: (count) => `und ${count} weitere`,
  isNew: 'Neu',
  account: 'Ihr Konto',
  goesTo: 'Es geht weiter zu',
  loopback: 'einem Programm auf diesem Computer',
  forApi: 'Zugriff auf',
  lasts: 'Gilt',
  days: (days) => (days === 1 ? 'bis zu einem Tag' : `bis zu ${days} Tagen`),
  once: 'für kurze Zeit',
  allow: 'Erlauben',
  deny: 'Nicht erlauben',
  privacyPolicy: 'Datenschutz',
  terms: 'Nutzungsbedingungen',
  signOut: 'Abmelden',
  signOutQuestion: (person) => `Sie sind als ${person} angemeldet. Möchten Sie sich abmelden?`,
  signedOut: 'Sie sind abgemeldet',
  signedOutText: 'Sie können dieses Fenster schließen.',
  goOn: 'Weiter',
  goOnText: 'Sie werden zur Anwendung zurückgeleitet. Wenn nichts geschieht, drücken Sie den Knopf.',
  backTo: 'Zurück zu',
  asksToSignOut: 'möchte Sie abmelden.',
  identity: {
    openid: 'Wissen, wer Sie hier sind',
    profile: 'Ihren Namen und Benutzernamen sehen',
    email: 'Ihre E-Mail-Adresse sehen',
    offline_access: 'Zugriff behalten, während Sie weg sind',
  },
  errorTitle: 'Das hat nicht geklappt',
  problems: {
    request:
      'Die Anwendung hat eine Anfrage gestellt, die nicht beantwortet werden kann. Es wurde nichts geteilt.',
    expired:
      'Diese Seite ist zu alt oder wurde schon benutzt. Gehen Sie zur Anwendung zurück und beginnen Sie neu.',
    link: 'Dieser Link ist zu alt, wurde schon benutzt, oder es gibt einen neueren. Lassen Sie sich einen neuen schicken.',
    cross_site:
      'Das Formular kam nicht von dieser Seite und wurde nicht angenommen. Gehen Sie zurück und versuchen Sie es wieder.',
    unavailable: 'Der Dienst kann gerade nicht antworten. Versuchen Sie es gleich noch einmal.',
    unexpected: 'Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.',
  },
  detail: 'Für die Entwickler',
  number: 'Nummer',
  letter: germanLetters,
}

/** What a translation says, and for the rest what was said before. */
export function translated(before: Words, { accountPages, devicePage, ...words }: Translation): Words {
  return {
    ...before,
    ...words,
    accountPages: { ...before.accountPages, ...accountPages },
    devicePage: { ...before.devicePage, ...devicePage },
  }
}

function spanIn(seconds: number, second: string, minute: string, plural = 's'): string {
  const [count, unit] = seconds < 90 ? [Math.max(1, seconds), second] : [Math.ceil(seconds / 60), minute]
  return `${count} ${unit}${count === 1 ? '' : plural}`
}
