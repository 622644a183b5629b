/** The sentences of the pages on which accounts look after themselves. */

import type { PasswordProblem } from '../server/interaction/pages.ts'

/** The sentences of one language. A function gets what stands in the sentence. */
export interface RecoveryWords {
  readonly usernameOrEmail: string
  readonly forgotPassword: string
  readonly signUp: string
  readonly signUpAt: (service: string) => string
  readonly signUpText: string
  readonly emailAddress: string
  readonly sendLink: string
  readonly backToLogin: string
  readonly invalidEmail: string
  readonly tooManyMails: (minutes: number) => string
  readonly mailBusy: string
  readonly lookIntoMailbox: string
  readonly signUpSent: (email: string) => string
  readonly recoverySent: (email: string) => string
  readonly noMail: string
  readonly choosePassword: string
  readonly choosePasswordText: (username: string) => string
  readonly newPassword: string
  readonly passwordHint: (minimumLength: number) => string
  readonly repeatPassword: string
  readonly passwordProblems: (problem: PasswordProblem, minimumLength: number) => string
  readonly makeAccount: string
  readonly accountMade: string
  readonly accountMadeText: string
  readonly accountTaken: string
  readonly accountTakenText: string
  readonly recoveryTitle: string
  readonly recoveryText: string
  readonly setPassword: string
  readonly passwordDemanded: string
  readonly setPasswordAndGoOn: string
  readonly passwordSet: string
  readonly passwordSetText: string
  readonly emailCurrent: (email: string) => string
  readonly emailUnverified: string
  readonly emailNone: string
  readonly newEmail: string
  readonly emailSent: (email: string) => string
  readonly emailConfirm: string
  readonly emailConfirmText: (email: string, username: string) => string
  readonly emailConfirmButton: string
  readonly emailTaken: string
  readonly emailTakenText: string
  readonly emailDone: string
  readonly emailDoneText: (email: string) => string
}

/** English. */
export const englishRecovery: RecoveryWords = {
  usernameOrEmail: 'Username or e-mail address',
  forgotPassword: 'Forgot your password?',
  signUp: 'Make an account',
  signUpAt: (service) => `Make an account at ${service}`,
  signUpText: 'We send a link to your address. With it you choose a password.',
  emailAddress: 'E-mail address',
  sendLink: 'Send the link',
  backToLogin: 'Back to the login',
  invalidEmail: 'This is not an e-mail address. One looks like name@example.com.',
  tooManyMails: (minutes) =>
    `Too many mails were asked for from here. Try again in ${count(minutes, 'minute', 's')}.`,
  mailBusy: 'No mail can be sent just now. Try again in a moment.',
  lookIntoMailbox: 'Look into your mailbox',
  signUpSent: (email) => `We have sent a mail to ${email}. The link in it makes your account.`,
  recoverySent: (email) =>
    `If there is an account with the address ${email}, we have sent a mail there. With the link in it you set another password.`,
  noMail: 'No mail after some minutes? Look into the folder for junk mail, and whether the address is right.',
  choosePassword: 'Choose a password',
  choosePasswordText: (username) => `For the account ${username}.`,
  newPassword: 'New password',
  passwordHint: (minimumLength) => `${minimumLength} characters or more. Several words make a good one.`,
  repeatPassword: 'The same once more',
  passwordProblems: (problem, minimumLength) =>
    ({
      too_short: `A password has ${minimumLength} characters or more.`,
      too_long: 'This password is too long.',
      common: 'This password is one of those that are guessed first. Choose another.',
      personal:
        'This password is made of your own name or address, or of the name of this service. Choose another.',
      not_allowed: 'This password is too easy to guess. Choose another.',
      unchanged: 'This is the password that has to be changed. Choose another.',
      mismatch: 'The two passwords are not the same.',
      busy: 'Too many people are logging in just now. Try again in a moment.',
    })[problem],
  makeAccount: 'Make the account',
  accountMade: 'Your account is there',
  accountMadeText: 'Log in with your address and your password.',
  accountTaken: 'There is an account already',
  accountTakenText: 'The address has got an account since the link was sent.',
  recoveryTitle: 'Forgot your password?',
  recoveryText: 'We send a link to the address of your account. With it you set another password.',
  setPassword: 'Set the password',
  passwordDemanded:
    'Your password was chosen by somebody else, or may be known to somebody else. Choose one that only you know.',
  setPasswordAndGoOn: 'Set the password and go on',
  passwordSet: 'Your password is changed',
  passwordSetText:
    'Everybody who was logged in to your account has been signed out. Log in with the new password.',
  emailCurrent: (email) => `Your address is ${email}.`,
  emailUnverified: 'Nobody has shown yet that it is yours. Have a link sent to it.',
  emailNone: 'Your account has no address yet.',
  newEmail: 'New e-mail address',
  emailSent: (email) =>
    `If ${email} can be your address, we have sent a link there. Nothing changes before you use it.`,
  emailConfirm: 'Is this your address?',
  emailConfirmText: (email, username) => `${email} becomes the address of the account ${username}.`,
  emailConfirmButton: 'Yes, use this address',
  emailTaken: 'This address is taken',
  emailTakenText: 'It belongs to another account since the link was sent. Nothing was changed.',
  emailDone: 'Your address is changed',
  emailDoneText: (email) => `From now on we write to ${email}.`,
}

/** German. */
export const germanRecovery: RecoveryWords = {
  usernameOrEmail: 'Benutzername oder E-Mail-Adresse',
  forgotPassword: 'Passwort vergessen?',
  signUp: 'Konto anlegen',
  signUpAt: (service) => `Konto bei ${service} anlegen`,
  signUpText: 'Wir schicken einen Link an Ihre Adresse. Damit wählen Sie ein Passwort.',
  emailAddress: 'E-Mail-Adresse',
  sendLink: 'Link schicken',
  backToLogin: 'Zurück zur Anmeldung',
  invalidEmail: 'Das ist keine E-Mail-Adresse. Eine sieht so aus: name@example.com.',
  tooManyMails: (minutes) =>
    `Von hier wurden zu viele Mails verlangt. Versuchen Sie es in ${count(minutes, 'Minute', 'n')} wieder.`,
  mailBusy: 'Gerade kann keine Mail verschickt werden. Versuchen Sie es gleich noch einmal.',
  lookIntoMailbox: 'Sehen Sie in Ihr Postfach',
  signUpSent: (email) => `Wir haben eine Mail an ${email} geschickt. Mit dem Link darin entsteht Ihr Konto.`,
  recoverySent: (email) =>
    `Wenn es ein Konto mit der Adresse ${email} gibt, haben wir dorthin eine Mail geschickt. Mit dem Link darin setzen Sie ein neues Passwort.`,
  noMail: 'Nach einigen Minuten keine Mail? Sehen Sie im Ordner für Spam nach, und ob die Adresse stimmt.',
  choosePassword: 'Passwort wählen',
  choosePasswordText: (username) => `Für das Konto ${username}.`,
  newPassword: 'Neues Passwort',
  passwordHint: (minimumLength) => `${minimumLength} Zeichen oder mehr. Mehrere Wörter geben ein gutes.`,
  repeatPassword: 'Dasselbe noch einmal',
  passwordProblems: (problem, minimumLength) =>
    ({
      too_short: `Ein Passwort hat ${minimumLength} Zeichen oder mehr.`,
      too_long: 'Dieses Passwort ist zu lang.',
      common: 'Dieses Passwort wird als eines der ersten geraten. Wählen Sie ein anderes.',
      personal:
        'Dieses Passwort besteht aus Ihrem Namen, Ihrer Adresse oder dem Namen dieses Dienstes. Wählen Sie ein anderes.',
      not_allowed: 'Dieses Passwort ist zu leicht zu erraten. Wählen Sie ein anderes.',
      unchanged: 'Das ist das Passwort, das geändert werden muss. Wählen Sie ein anderes.',
      mismatch: 'Die beiden Passwörter sind nicht gleich.',
      busy: 'Gerade melden sich zu viele an. Versuchen Sie es gleich noch einmal.',
    })[problem],
  makeAccount: 'Konto anlegen',
  accountMade: 'Ihr Konto ist da',
  accountMadeText: 'Melden Sie sich mit Ihrer Adresse und Ihrem Passwort an.',
  accountTaken: 'Es gibt schon ein Konto',
  accountTakenText: 'Die Adresse hat ein Konto bekommen, seit der Link verschickt wurde.',
  recoveryTitle: 'Passwort vergessen?',
  recoveryText: 'Wir schicken einen Link an die Adresse Ihres Kontos. Damit setzen Sie ein neues Passwort.',
  setPassword: 'Passwort setzen',
  passwordDemanded:
    'Ihr Passwort hat jemand anderes gewählt, oder jemand anderes kennt es vielleicht. Wählen Sie eines, das nur Sie kennen.',
  setPasswordAndGoOn: 'Passwort setzen und weiter',
  passwordSet: 'Ihr Passwort ist geändert',
  passwordSetText:
    'Alle, die mit Ihrem Konto angemeldet waren, sind abgemeldet. Melden Sie sich mit dem neuen Passwort an.',
  emailCurrent: (email) => `Ihre Adresse ist ${email}.`,
  emailUnverified: 'Noch hat niemand gezeigt, dass sie Ihre ist. Lassen Sie einen Link dorthin schicken.',
  emailNone: 'Ihr Konto hat noch keine Adresse.',
  newEmail: 'Neue E-Mail-Adresse',
  emailSent: (email) =>
    `Wenn ${email} Ihre Adresse werden kann, haben wir einen Link dorthin geschickt. Vorher ändert sich nichts.`,
  emailConfirm: 'Ist das Ihre Adresse?',
  emailConfirmText: (email, username) => `${email} wird die Adresse des Kontos ${username}.`,
  emailConfirmButton: 'Ja, diese Adresse nehmen',
  emailTaken: 'Diese Adresse ist vergeben',
  emailTakenText:
    'Sie gehört zu einem anderen Konto, seit der Link verschickt wurde. Es hat sich nichts geändert.',
  emailDone: 'Ihre Adresse ist geändert',
  emailDoneText: (email) => `Von jetzt an schreiben wir an ${email}.`,
}

function count(number: number, unit: string, plural: string): string {
  return `${number} ${unit}${number === 1 ? '' : plural}`
}
