/** Every sentence of the page for a device's code. */

/** The sentences of one language. */
export interface DeviceWords {
  readonly title: string
  readonly intro: string
  readonly code: string
  readonly goOn: string
  readonly unknown: string
  readonly confirmTitle: string
  readonly isYours: string
  readonly compare: string
  readonly notYours: string
  readonly allowed: string
  readonly allowedText: string
  readonly denied: string
  readonly deniedText: string
}

/** English. */
export const englishDevice: DeviceWords = {
  title: 'Connect a device',
  intro: 'Type the code that your device shows.',
  code: 'Code',
  goOn: 'Continue',
  unknown: 'This code is not right, or too old. Look at the device again, or let it show a new one.',
  confirmTitle: 'Connect this device?',
  isYours: 'Is this the code on your device?',
  compare: 'Go on only if the device is yours and in front of you, and shows exactly this code.',
  notYours: 'If somebody sent you this code, do not allow it: they would get into your account.',
  allowed: 'The device is connected',
  allowedText: 'Go back to the device. You can close this window.',
  denied: 'The device was refused',
  deniedText: 'It gets nothing of yours. You can close this window.',
}

/** German. */
export const germanDevice: DeviceWords = {
  title: 'Gerät verbinden',
  intro: 'Geben Sie den Code ein, den Ihr Gerät anzeigt.',
  code: 'Code',
  goOn: 'Weiter',
  unknown:
    'Dieser Code stimmt nicht oder ist zu alt. Schauen Sie noch einmal auf das Gerät, oder lassen Sie es einen neuen anzeigen.',
  confirmTitle: 'Dieses Gerät verbinden?',
  isYours: 'Ist das der Code auf Ihrem Gerät?',
  compare: 'Nur weiter, wenn das Gerät Ihnen gehört, vor Ihnen steht und genau diesen Code zeigt.',
  notYours: 'Hat Ihnen jemand diesen Code geschickt, erlauben Sie es nicht: Er käme damit in Ihr Konto.',
  allowed: 'Das Gerät ist verbunden',
  allowedText: 'Gehen Sie zum Gerät zurück. Sie können dieses Fenster schließen.',
  denied: 'Das Gerät wurde abgelehnt',
  deniedText: 'Es bekommt nichts von Ihnen. Sie können dieses Fenster schließen.',
}
