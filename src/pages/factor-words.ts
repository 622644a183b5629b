/** The sentences of the pages of second factors. */

/** Those of one language. */
export interface FactorWords {
  readonly secondFactorTitle: string
  readonly appCode: string
  readonly appCodeHint: string
  readonly continue: string
  readonly useRecoveryCode: string
  readonly recoveryCode: string
  readonly usePasskey: string
  readonly logInWithPasskey: string
  readonly passkeyFailed: string
  readonly passkeyRefused: string
  readonly wrongAppCode: string
  readonly wrongRecoveryCode: string
  readonly noFactorHere: string
  readonly securityText: string
  readonly factorNeeded: string
  readonly noFactors: string
  readonly appKind: string
  readonly passkeyKind: string
  readonly addedOn: string
  readonly usedOn: string
  readonly never: string
  readonly factorName: string
  readonly rename: string
  readonly remove: string
  readonly removeText: string
  readonly removeNamed: (name: string) => string
  readonly renameNamed: (name: string) => string
  readonly tooManyFactors: string
  readonly lastWayIn: string
  readonly addApp: string
  readonly addAppText: string
  readonly addPasskey: string
  readonly addPasskeyText: string
  readonly recoveryCodes: string
  readonly recoveryCodesLeft: (count: number) => string
  readonly newRecoveryCodes: string
  readonly goOn: string
  readonly appStepScan: string
  readonly qrCode: string
  readonly appStepType: string
  readonly openInApp: string
  readonly appStepCode: string
  readonly back: string
  readonly codesTitle: string
  readonly codesText: string
  readonly codesKept: string
}

/** English. */
export const englishFactors: FactorWords = {
  secondFactorTitle: 'One more step',
  appCode: 'Code from your authenticator app',
  appCodeHint: 'Six digits. Each code works once.',
  continue: 'Continue',
  useRecoveryCode: 'Use a recovery code',
  recoveryCode: 'Recovery code',
  usePasskey: 'Use a passkey',
  logInWithPasskey: 'Log in with a passkey',
  passkeyFailed: 'The passkey was not used. You can try again.',
  passkeyRefused: 'This passkey was not accepted. Try again.',
  wrongAppCode: 'This code is not right, or it was used already. Wait for the next one.',
  wrongRecoveryCode: 'This recovery code is not right, or it was used already.',
  noFactorHere: 'This browser cannot use your passkey. Use a recovery code, or another browser.',
  securityText: 'A second factor keeps your account closed to somebody who knows your password.',
  factorNeeded: 'To go on you need a second factor. Set one up here.',
  noFactors: 'You have no second factor yet.',
  appKind: 'Authenticator app',
  passkeyKind: 'Passkey',
  addedOn: 'Added',
  usedOn: 'Last used',
  never: 'Never',
  factorName: 'Name',
  rename: 'Rename',
  remove: 'Remove',
  removeText: 'All other browsers will be logged out.',
  removeNamed: (name) => `Remove ${name}`,
  renameNamed: (name) => `Rename ${name}`,
  lastWayIn:
    'This passkey is the only way in to your account. Set a password, link another service or add another passkey first.',
  tooManyFactors: 'There are too many already. Remove one first.',
  addApp: 'Add an authenticator app',
  addAppText: 'An app on your phone shows a code that you type in after your password.',
  addPasskey: 'Add a passkey',
  addPasskeyText: 'Your device logs you in with your finger, your face or a PIN, without a password.',
  recoveryCodes: 'Recovery codes',
  recoveryCodesLeft: (count) =>
    count === 1 ? 'One is left. Each works once.' : `${count} are left. Each works once.`,
  newRecoveryCodes: 'Make new recovery codes',
  goOn: 'Continue',
  appStepScan: 'Add this service in your authenticator app: scan the code with it.',
  qrCode: 'QR code for your authenticator app',
  appStepType: 'If you cannot scan it, type in this key:',
  openInApp: 'Open in an app on this device',
  appStepCode: 'Code that the app shows now',
  back: 'Back',
  codesTitle: 'Your recovery codes',
  codesText:
    'Each of these logs you in once when you have lost your second factor. Write them down or print them: they are not shown again, and older ones are not good any more.',
  codesKept: 'I have kept them',
}

/** German. */
export const germanFactors: FactorWords = {
  secondFactorTitle: 'Noch ein Schritt',
  appCode: 'Code aus Ihrer Authenticator-App',
  appCodeHint: 'Sechs Ziffern. Jeder Code gilt einmal.',
  continue: 'Weiter',
  useRecoveryCode: 'Wiederherstellungscode verwenden',
  recoveryCode: 'Wiederherstellungscode',
  usePasskey: 'Passkey verwenden',
  logInWithPasskey: 'Mit einem Passkey anmelden',
  passkeyFailed: 'Der Passkey wurde nicht verwendet. Sie können es noch einmal versuchen.',
  passkeyRefused: 'Dieser Passkey wurde nicht angenommen. Versuchen Sie es noch einmal.',
  wrongAppCode: 'Dieser Code stimmt nicht oder wurde schon verwendet. Warten Sie auf den nächsten.',
  wrongRecoveryCode: 'Dieser Wiederherstellungscode stimmt nicht oder wurde schon verwendet.',
  noFactorHere:
    'Dieser Browser kann Ihren Passkey nicht verwenden. Nehmen Sie einen Wiederherstellungscode oder einen anderen Browser.',
  securityText: 'Ein zweiter Faktor hält Ihr Konto auch für jemanden geschlossen, der Ihr Passwort kennt.',
  factorNeeded: 'Um fortzufahren, brauchen Sie einen zweiten Faktor. Richten Sie hier einen ein.',
  noFactors: 'Sie haben noch keinen zweiten Faktor.',
  appKind: 'Authenticator-App',
  passkeyKind: 'Passkey',
  addedOn: 'Hinzugefügt',
  usedOn: 'Zuletzt verwendet',
  never: 'Nie',
  factorName: 'Name',
  rename: 'Umbenennen',
  remove: 'Entfernen',
  removeText: 'Alle anderen Browser werden abgemeldet.',
  removeNamed: (name) => `${name} entfernen`,
  renameNamed: (name) => `${name} umbenennen`,
  lastWayIn:
    'Dieser Passkey ist der einzige Weg in Ihr Konto. Wählen Sie zuerst ein Passwort, verknüpfen Sie einen anderen Dienst oder fügen Sie einen anderen Passkey hinzu.',
  tooManyFactors: 'Es sind schon zu viele. Entfernen Sie zuerst einen.',
  addApp: 'Authenticator-App hinzufügen',
  addAppText: 'Eine App auf Ihrem Telefon zeigt einen Code, den Sie nach dem Passwort eingeben.',
  addPasskey: 'Passkey hinzufügen',
  addPasskeyText: 'Ihr Gerät meldet Sie mit Finger, Gesicht oder PIN an, ohne Passwort.',
  recoveryCodes: 'Wiederherstellungscodes',
  recoveryCodesLeft: (count) =>
    count === 1 ? 'Es ist noch einer da. Jeder gilt einmal.' : `Es sind noch ${count} da. Jeder gilt einmal.`,
  newRecoveryCodes: 'Neue Wiederherstellungscodes erzeugen',
  goOn: 'Weiter',
  appStepScan: 'Fügen Sie diesen Dienst in Ihrer Authenticator-App hinzu: Scannen Sie den Code damit.',
  qrCode: 'QR-Code für Ihre Authenticator-App',
  appStepType: 'Wenn Sie ihn nicht scannen können, geben Sie diesen Schlüssel ein:',
  openInApp: 'In einer App auf diesem Gerät öffnen',
  appStepCode: 'Code, den die App jetzt zeigt',
  back: 'Zurück',
  codesTitle: 'Ihre Wiederherstellungscodes',
  codesText:
    'Jeder davon meldet Sie einmal an, wenn Sie Ihren zweiten Faktor verloren haben. Schreiben oder drucken Sie sie: sie werden nicht noch einmal gezeigt, und ältere gelten nicht mehr.',
  codesKept: 'Ich habe sie aufbewahrt',
}
