/** Every sentence about logging in with other providers. */

import type { ProviderProblem } from '../server/interaction/pages.ts'

/** The sentences of one language. */
export interface ProviderWords {
  readonly logInWith: (provider: string) => string
  /** Between the password and the providers. */
  readonly orWith: string
  readonly providerProblem: (provider: string) => Readonly<Record<ProviderProblem['problem'], string>>
  readonly providersText: string
  readonly noProviders: string
  readonly addProvider: string
  readonly linkProvider: (provider: string) => string
  readonly unlinkProvider: string
  readonly noPasswordYet: string
  readonly setPassword: string
}

/** English. */
export const englishProviders: ProviderWords = {
  logInWith: (provider) => `Continue with ${provider}`,
  orWith: 'or',
  providerProblem: (provider) => ({
    cancelled: `You did not log in with ${provider}.`,
    refused: `The login with ${provider} could not be accepted. Try again.`,
    unavailable: `${provider} does not answer as it should just now. Try again in a moment, or log in another way.`,
    account_exists: `There is an account with this e-mail address already. Log in to it, and add ${provider} under “Your account”.`,
    unknown: `No account here is linked with this account at ${provider}.`,
    disabled: 'This account is closed.',
    taken: `This account at ${provider} is linked with another account here.`,
    full: 'Your account is linked with as many others as it can be.',
    last: `Without ${provider} your account would have no password, no passkey and no other service to log in with. Choose a password first, or add a passkey or another service.`,
    expired: 'That took too long, or was begun in another browser. Try again.',
    not_allowed: `This account at ${provider} is not let in here.`,
  }),
  providersText: 'Accounts at other services that log you in here.',
  noProviders: 'Your account is linked with no other service.',
  addProvider: 'Add one',
  linkProvider: (provider) => `Add ${provider}`,
  unlinkProvider: 'Remove',
  noPasswordYet: 'Your account has no password yet. With one you can log in here as well.',
  setPassword: 'Choose password',
}

/** German. */
export const germanProviders: ProviderWords = {
  logInWith: (provider) => `Weiter mit ${provider}`,
  orWith: 'oder',
  providerProblem: (provider) => ({
    cancelled: `Sie haben sich nicht mit ${provider} angemeldet.`,
    refused: `Die Anmeldung mit ${provider} konnte nicht angenommen werden. Versuchen Sie es noch einmal.`,
    unavailable: `${provider} antwortet gerade nicht, wie es sollte. Versuchen Sie es gleich noch einmal, oder melden Sie sich anders an.`,
    account_exists: `Mit dieser E-Mail-Adresse gibt es schon ein Konto. Melden Sie sich dort an, und fügen Sie ${provider} unter „Ihr Konto“ hinzu.`,
    unknown: `Mit diesem Konto bei ${provider} ist hier kein Konto verknüpft.`,
    disabled: 'Dieses Konto ist geschlossen.',
    taken: `Dieses Konto bei ${provider} ist mit einem anderen Konto hier verknüpft.`,
    full: 'Ihr Konto ist mit so vielen anderen verknüpft, wie möglich ist.',
    last: `Ohne ${provider} hätte Ihr Konto kein Passwort, keinen Passkey und keinen anderen Dienst zum Anmelden. Wählen Sie zuerst ein Passwort, oder fügen Sie einen Passkey oder einen anderen Dienst hinzu.`,
    expired:
      'Das hat zu lange gedauert, oder es begann in einem anderen Browser. Versuchen Sie es noch einmal.',
    not_allowed: `Dieses Konto bei ${provider} wird hier nicht eingelassen.`,
  }),
  providersText: 'Konten bei anderen Diensten, mit denen Sie sich hier anmelden.',
  noProviders: 'Ihr Konto ist mit keinem anderen Dienst verknüpft.',
  addProvider: 'Hinzufügen',
  linkProvider: (provider) => `${provider} hinzufügen`,
  unlinkProvider: 'Entfernen',
  noPasswordYet: 'Ihr Konto hat noch kein Passwort. Mit einem können Sie sich auch hier anmelden.',
  setPassword: 'Passwort wählen',
}
