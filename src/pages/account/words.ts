/** Every sentence of the account pages. */

import type {
  AccountNotice,
  AccountPasswordPage,
  AccountSectionName,
} from '../../server/interaction/account-pages.ts'

/** The sentences of one language. A function gets what stands in the sentence. */
export interface AccountWords {
  readonly navigation: string
  /** What each part is called, in the navigation and above its page, and what it is for. */
  readonly sections: Readonly<
    Record<AccountSectionName, { readonly link: string; readonly title: string; readonly text: string }>
  >
  readonly notices: Readonly<Record<AccountNotice, string>>
  readonly name: string
  readonly email: string
  readonly nobody: string
  readonly save: string
  readonly nameHint: string
  readonly wrongName: string
  readonly currentPassword: string
  readonly newPassword: string
  readonly repeatPassword: string
  readonly passwordHint: (minimum: number) => string
  readonly passwordEnds: string
  readonly changePassword: string
  readonly passwordProblems: (
    minimum: number,
  ) => Readonly<Record<Exclude<NonNullable<AccountPasswordPage['error']>, 'too_many' | 'busy'>, string>>
  readonly browserOn: (browser: string, system: string) => string
  readonly unknownBrowser: string
  readonly thisBrowser: string
  readonly address: string
  readonly since: string
  readonly lastSeen: string
  readonly endSession: string
  readonly endOthers: string
  readonly noOthers: string
  readonly applicationsKeep: string
  readonly noApplications: string
  readonly mayDo: string
  readonly mayNothing: string
  readonly lastUsed: string
  readonly revoke: string
  readonly removalText: string
  readonly remove: string
  readonly removed: string
  readonly removedText: string
}

/** English. */
export const englishAccount: AccountWords = {
  navigation: 'Your account',
  sections: {
    overview: { link: 'Overview', title: 'Your account', text: '' },
    profile: { link: 'Name', title: 'Name', text: 'What you are called here.' },
    email: {
      link: 'E-mail',
      title: 'E-mail address',
      text: 'Where we write to you, and how you get back in.',
    },
    password: {
      link: 'Password',
      title: 'Password',
      text: 'Choose a new one. Everything that the old one opened ends.',
    },
    factors: {
      link: 'Second factors',
      title: 'Second factors',
      text: 'Passkeys, authenticator apps and recovery codes.',
    },
    sessions: {
      link: 'Sessions',
      title: 'Where you are logged in',
      text: 'Browsers and devices, and the end of each.',
    },
    applications: {
      link: 'Applications',
      title: 'Applications',
      text: 'Who has access to your account, and to what.',
    },
    removal: { link: 'Delete account', title: 'Delete account', text: 'For ever.' },
  },
  notices: {
    profile: 'Your name was saved.',
    password: 'Your password was changed. All other browsers and all applications were logged out.',
    session: 'It is logged out.',
    sessions: 'All other browsers are logged out.',
    application: 'The application has no access any more.',
    factor: 'It is saved.',
    factor_removed: 'It is removed. All other browsers were logged out.',
  },
  name: 'Name',
  email: 'E-mail',
  nobody: 'none',
  save: 'Save',
  nameHint: 'Left empty, your username is shown instead.',
  wrongName: 'A name has up to 200 characters on one line.',
  currentPassword: 'Current password',
  newPassword: 'New password',
  repeatPassword: 'New password again',
  passwordHint: (minimum) => `At least ${minimum} characters. A few words that nobody would guess are good.`,
  passwordEnds: 'All other browsers and all applications will be logged out.',
  changePassword: 'Change password',
  passwordProblems: (minimum) => ({
    current: 'The current password is not right.',
    missing: 'Fill in the new password.',
    different: 'The two new passwords are not the same.',
    too_short: `The new password is too short: at least ${minimum} characters.`,
    too_long: 'The new password is too long.',
    common: 'The new password is one of those that are guessed first. Choose another.',
    personal:
      'The new password is made of your own name or address, or of the name of this service. Choose another.',
    not_allowed: 'The new password is too easy to guess. Choose another.',
  }),
  browserOn: (browser, system) => `${browser} on ${system}`,
  unknownBrowser: 'Unknown browser',
  thisBrowser: 'This browser',
  address: 'Address',
  since: 'Since',
  lastSeen: 'Last seen',
  endSession: 'Log out',
  endOthers: 'Log out everywhere else',
  noOthers: 'You are logged in nowhere else.',
  applicationsKeep: 'Applications that may go on without you keep their access: see “Applications”.',
  noApplications: 'No application has access to your account.',
  mayDo: 'It may',
  mayNothing: 'It knows who you are, and may do nothing else.',
  lastUsed: 'Last used',
  revoke: 'Remove access',
  removalText:
    'Your account, your sessions and every access that you gave to applications end at once. Nobody can bring them back.',
  remove: 'Delete my account for ever',
  removed: 'Your account is deleted',
  removedText: 'You can close this window.',
}

/** German. */
export const germanAccount: AccountWords = {
  navigation: 'Ihr Konto',
  sections: {
    overview: { link: 'Übersicht', title: 'Ihr Konto', text: '' },
    profile: { link: 'Name', title: 'Name', text: 'Wie Sie hier heißen.' },
    email: {
      link: 'E-Mail',
      title: 'E-Mail-Adresse',
      text: 'Wohin wir Ihnen schreiben, und wie Sie wieder hineinkommen.',
    },
    password: {
      link: 'Passwort',
      title: 'Passwort',
      text: 'Ein neues wählen. Alles, was das alte geöffnet hat, endet.',
    },
    factors: {
      link: 'Zweite Faktoren',
      title: 'Zweite Faktoren',
      text: 'Passkeys, Authenticator-Apps und Wiederherstellungscodes.',
    },
    sessions: {
      link: 'Anmeldungen',
      title: 'Wo Sie angemeldet sind',
      text: 'Browser und Geräte, und wie Sie sie abmelden.',
    },
    applications: {
      link: 'Anwendungen',
      title: 'Anwendungen',
      text: 'Wer auf Ihr Konto zugreifen darf, und worauf.',
    },
    removal: { link: 'Konto löschen', title: 'Konto löschen', text: 'Für immer.' },
  },
  notices: {
    profile: 'Ihr Name ist gespeichert.',
    password: 'Ihr Passwort ist geändert. Alle anderen Browser und alle Anwendungen sind abgemeldet.',
    session: 'Der Browser ist abgemeldet.',
    sessions: 'Alle anderen Browser sind abgemeldet.',
    application: 'Die Anwendung hat keinen Zugriff mehr.',
    factor: 'Es ist gespeichert.',
    factor_removed: 'Er ist entfernt. Alle anderen Browser sind abgemeldet.',
  },
  name: 'Name',
  email: 'E-Mail',
  nobody: 'keiner',
  save: 'Speichern',
  nameHint: 'Bleibt das Feld leer, steht da Ihr Benutzername.',
  wrongName: 'Ein Name hat bis zu 200 Zeichen in einer Zeile.',
  currentPassword: 'Bisheriges Passwort',
  newPassword: 'Neues Passwort',
  repeatPassword: 'Neues Passwort noch einmal',
  passwordHint: (minimum) =>
    `Mindestens ${minimum} Zeichen. Gut sind ein paar Wörter, auf die niemand kommt.`,
  passwordEnds: 'Alle anderen Browser und alle Anwendungen werden abgemeldet.',
  changePassword: 'Passwort ändern',
  passwordProblems: (minimum) => ({
    current: 'Das bisherige Passwort stimmt nicht.',
    missing: 'Geben Sie das neue Passwort ein.',
    different: 'Die beiden neuen Passwörter sind nicht gleich.',
    too_short: `Das neue Passwort ist zu kurz: mindestens ${minimum} Zeichen.`,
    too_long: 'Das neue Passwort ist zu lang.',
    common: 'Das neue Passwort wird als eines der ersten geraten. Wählen Sie ein anderes.',
    personal:
      'Das neue Passwort besteht aus Ihrem Namen, Ihrer Adresse oder dem Namen dieses Dienstes. Wählen Sie ein anderes.',
    not_allowed: 'Das neue Passwort ist zu leicht zu erraten. Wählen Sie ein anderes.',
  }),
  browserOn: (browser, system) => `${browser} auf ${system}`,
  unknownBrowser: 'Unbekannter Browser',
  thisBrowser: 'Dieser Browser',
  address: 'Adresse',
  since: 'Seit',
  lastSeen: 'Zuletzt gesehen',
  endSession: 'Abmelden',
  endOthers: 'Überall sonst abmelden',
  noOthers: 'Sonst sind Sie nirgends angemeldet.',
  applicationsKeep:
    'Anwendungen, die auch ohne Sie weitermachen dürfen, behalten ihren Zugriff: siehe „Anwendungen“.',
  noApplications: 'Keine Anwendung darf auf Ihr Konto zugreifen.',
  mayDo: 'Sie darf',
  mayNothing: 'Sie weiß, wer Sie sind, und darf sonst nichts.',
  lastUsed: 'Zuletzt benutzt',
  revoke: 'Zugriff entziehen',
  removalText:
    'Ihr Konto, Ihre Anmeldungen und jeder Zugriff, den Sie Anwendungen gegeben haben, enden sofort. Niemand kann sie zurückholen.',
  remove: 'Mein Konto für immer löschen',
  removed: 'Ihr Konto ist gelöscht',
  removedText: 'Sie können dieses Fenster schließen.',
}
