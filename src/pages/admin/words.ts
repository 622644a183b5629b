/** The sentences of the admin pages, in English and German. */

import type {
  AdminClientRow,
  AdminFactors,
  AdminKey,
  AdminNotice,
  AdminProblemCode,
  AdminRefusalPage,
  AdminSectionName,
} from '../../server/interaction/admin-pages.ts'

/** The sentences of one language. */
export interface AdminWords {
  readonly navigation: string
  readonly sections: Readonly<Record<AdminSectionName, { readonly title: string; readonly text: string }>>
  readonly loggedInAs: string
  readonly signOut: string
  readonly documentation: string
  readonly documentationText: string
  readonly notices: Readonly<Record<AdminNotice, string>>
  readonly problems: Readonly<Record<AdminProblemCode, string>>
  readonly refusals: Readonly<
    Record<AdminRefusalPage['kind'], { readonly title: string; readonly text: string }>
  >
  readonly more: string
  readonly nothing: string
  readonly search: string
  readonly searchUsers: string
  readonly username: string
  readonly name: string
  readonly email: string
  readonly optional: string
  readonly scopes: string
  readonly disabled: string
  readonly disabledUser: string
  readonly administrator: string
  readonly addUser: string
  readonly addUserText: string
  readonly add: string
  readonly save: string
  readonly since: string
  readonly id: string
  readonly cannotChange: string
  readonly sendReset: string
  readonly sendResetText: string
  readonly sendResetNow: string
  readonly factors: string
  readonly factorCounts: (factors: AdminFactors) => string
  readonly resetFactors: string
  readonly resetFactorsText: string
  readonly sessions: string
  readonly noSessions: string
  readonly browserOn: (browser: string | undefined, system: string | undefined) => string
  readonly lastSeen: string
  readonly endSession: string
  readonly endSessions: string
  readonly grants: string
  readonly noGrants: string
  readonly lastUsed: string
  readonly revokeGrant: string
  readonly revokeAll: string
  readonly revokeAllText: string
  readonly events: string
  readonly remove: string
  readonly removeUserText: string
  readonly removeClientText: string
  readonly removeCodeClientText: string
  readonly typeToConfirm: (text: string) => string
  readonly once: Readonly<Record<'password' | 'secret', { readonly title: string; readonly text: string }>>
  readonly onceFor: string
  readonly goOn: string
  readonly sources: Readonly<Record<AdminClientRow['source'], string>>
  readonly addClient: string
  readonly clientId: string
  readonly clientIdText: string
  readonly clientName: string
  readonly kind: string
  readonly kinds: Readonly<Record<'confidential' | 'public' | 'native' | 'machine', string>>
  readonly redirectUris: string
  readonly redirectUrisText: string
  readonly clientScopes: string
  readonly clientScopesText: string
  readonly firstParty: string
  readonly disabledClient: string
  readonly addedBy: string
  readonly authenticatesWith: string
  readonly grantTypes: string
  readonly ownScopes: string
  readonly newSecret: string
  readonly newSecretText: string
  readonly leaked: string
  readonly keyStates: Readonly<Record<AdminKey['state'], string>>
  readonly algorithm: string
  readonly signsFrom: string
  readonly signsUntil: string
  readonly publishedUntil: string
  readonly rotate: string
  readonly rotateText: string
  readonly removeKey: string
  readonly removeKeyText: string
  readonly eventType: string
  readonly account: string
  readonly client: string
  readonly from: string
}

/** English. */
export const englishAdmin: AdminWords = {
  navigation: 'Administration',
  sections: {
    overview: { title: 'Administration', text: '' },
    users: { title: 'Accounts', text: 'Who there is, what they may do, and where they are logged in.' },
    clients: { title: 'Clients', text: 'The applications that may ask for access.' },
    keys: { title: 'Keys', text: 'What tokens are signed with.' },
    audit: { title: 'Audit log', text: 'What was decided, for whom, and when.' },
  },
  loggedInAs: 'Logged in as',
  signOut: 'Sign out',
  documentation: 'Admin API',
  documentationText: 'The same for programs, with its documentation.',
  notices: {
    changed: 'Saved.',
    removed: 'Removed.',
    ended: 'Ended.',
    revoked: 'Revoked. What was given out is worth nothing any more.',
    rotated: 'The next key is published.',
    factors_reset: 'The second factors are gone. The password alone is enough now.',
    reset_sent: 'The link is on its way.',
  },
  problems: {
    username: 'A username has 1 to 100 characters, without invisible ones.',
    username_taken: 'This username is taken.',
    name: 'A name has 1 to 200 characters on one line.',
    email: 'An e-mail address looks like name@example.com.',
    beyond: 'You may not do this: it needs a right of administration that you do not have.',
    own: 'You cannot take your own rights away: somebody else may.',
    not_sent: 'The link was not sent: there is no address for it, or it got enough of them. Try again later.',
    confirm: 'What you typed is not the same. Nothing was removed.',
    client_taken: 'There is a client with this id already.',
    client: 'The client cannot be like this.',
    gone: 'This is not there any more.',
  },
  refusals: {
    forbidden: {
      title: 'Not for this account',
      text: 'This page is for administrators. Your account does not have the right to see it.',
    },
    missing: { title: 'Nothing here', text: 'What you are looking for is not there, or not any more.' },
  },
  more: 'More',
  nothing: 'There is nothing here.',
  search: 'Search',
  searchUsers: 'Find by username, name or e-mail',
  username: 'Username',
  name: 'Name',
  email: 'E-mail',
  optional: 'optional',
  scopes: 'May be granted',
  disabled: 'Disabled',
  disabledUser: 'Disabled: cannot log in, and loses everything that was given out',
  administrator: 'Administrator',
  addUser: 'Add an account',
  addUserText: 'A first password is made and shown once. Its owner changes it.',
  add: 'Add',
  save: 'Save',
  since: 'Since',
  id: 'Id',
  cannotChange: 'You cannot change this account: it has rights of administration that you do not have.',
  sendReset: 'Another password',
  sendResetText: 'Its owner sets it by a link. You see neither the link nor the password. The link goes to',
  sendResetNow: 'Send the link',
  factors: 'Second factors',
  factorCounts: ({ apps, passkeys, recoveryCodes }) =>
    `Authenticator apps: ${apps}. Passkeys: ${passkeys}. Recovery codes: ${recoveryCodes}.`,
  resetFactors: 'Take all of them away',
  resetFactorsText:
    'For somebody who has lost them. Make sure that it is they who ask: the password alone is enough afterwards. Everything that was given to the account ends.',
  sessions: 'Logged in',
  noSessions: 'Nowhere.',
  browserOn: (browser, system) =>
    browser && system ? `${browser} on ${system}` : (browser ?? system ?? 'Unknown browser'),
  lastSeen: 'Last seen',
  endSession: 'End',
  endSessions: 'Sign out everywhere',
  grants: 'Has allowed',
  noGrants: 'Nothing.',
  lastUsed: 'Last used',
  revokeGrant: 'Revoke',
  revokeAll: 'Revoke everything',
  revokeAllText: 'Every session, permission and token of this account ends. It may log in again.',
  events: 'What happened with this account',
  remove: 'Remove',
  removeUserText: 'The account is gone for good, with everything that was given out.',
  removeClientText: 'The client is gone for good, with everything it was given.',
  removeCodeClientText:
    'The client loses everything it was given. It is in the options of the server and comes back at the next start.',
  typeToConfirm: (text) => `To remove, type: ${text}`,
  once: {
    password: {
      title: 'The first password',
      text: 'It is shown this once. Hand it over; its owner changes it after the first login.',
    },
    secret: { title: 'The secret of the client', text: 'It is shown this once: what is kept is its hash.' },
  },
  onceFor: 'For',
  goOn: 'Go on',
  sources: {
    code: 'Options of the server',
    admin: 'Administrator',
    registered: 'Registered itself',
    document: 'Document of its own',
  },
  addClient: 'Add a client',
  clientId: 'Client id',
  clientIdText: 'A random one when left empty.',
  clientName: 'Name that people see',
  kind: 'Kind',
  kinds: {
    confidential: 'Web application with a secret',
    public: 'Application in the browser, without a secret',
    native: 'App on a phone or computer',
    machine: 'Program that acts for itself',
  },
  redirectUris: 'Redirect URIs',
  redirectUrisText: 'One a line. Compared exactly.',
  clientScopes: 'Scopes',
  clientScopesText: 'Words with spaces between. Left empty: all but those of the administration.',
  firstParty: 'One of ours: people are not asked whether they agree',
  disabledClient: 'Disabled: gets nothing, and loses everything it was given',
  addedBy: 'Added by',
  authenticatesWith: 'Authenticates with',
  grantTypes: 'Grants',
  ownScopes: 'In its own name',
  newSecret: 'New secret',
  newSecretText: 'The secret before works for one more day.',
  leaked: 'It has leaked: the secret before ends now',
  keyStates: { next: 'Signs next', signs: 'Signs', verifies: 'Verifies only' },
  algorithm: 'Algorithm',
  signsFrom: 'Signs from',
  signsUntil: 'Signs until',
  publishedUntil: 'Published until',
  rotate: 'Make the next key now',
  rotateText: 'Keys change by themselves. A new one signs once every API has had time to read it.',
  removeKey: 'Take out of use',
  removeKeyText:
    'For a key that has leaked. What it signed is refused. If nothing else can sign, a new key begins at once.',
  eventType: 'Event',
  account: 'Account',
  client: 'Client',
  from: 'From',
}

/** German. */
export const germanAdmin: AdminWords = {
  navigation: 'Verwaltung',
  sections: {
    overview: { title: 'Verwaltung', text: '' },
    users: { title: 'Konten', text: 'Wer es gibt, was sie dürfen und wo sie angemeldet sind.' },
    clients: { title: 'Anwendungen', text: 'Wer um Zugriff bitten darf.' },
    keys: { title: 'Schlüssel', text: 'Womit Tokens signiert werden.' },
    audit: { title: 'Protokoll', text: 'Was wann für wen entschieden wurde.' },
  },
  loggedInAs: 'Angemeldet als',
  signOut: 'Abmelden',
  documentation: 'Admin-API',
  documentationText: 'Dasselbe für Programme, mit Dokumentation.',
  notices: {
    changed: 'Gespeichert.',
    removed: 'Entfernt.',
    ended: 'Beendet.',
    revoked: 'Widerrufen. Was ausgegeben war, ist nichts mehr wert.',
    rotated: 'Der nächste Schlüssel ist veröffentlicht.',
    factors_reset: 'Die zweiten Faktoren sind weg. Das Passwort allein genügt jetzt.',
    reset_sent: 'Der Link ist unterwegs.',
  },
  problems: {
    username: 'Ein Benutzername hat 1 bis 100 Zeichen, ohne unsichtbare.',
    username_taken: 'Diesen Benutzernamen gibt es schon.',
    name: 'Ein Name hat 1 bis 200 Zeichen in einer Zeile.',
    email: 'Eine E-Mail-Adresse sieht so aus: name@example.com.',
    beyond: 'Das dürfen Sie nicht: Es braucht ein Recht der Verwaltung, das Sie nicht haben.',
    own: 'Ihre eigenen Rechte können Sie sich nicht nehmen: Das kann jemand anders.',
    not_sent:
      'Der Link wurde nicht verschickt: Es gibt keine Adresse dafür, oder sie hat genug bekommen. Versuchen Sie es später.',
    confirm: 'Das Eingegebene stimmt nicht überein. Es wurde nichts entfernt.',
    client_taken: 'Eine Anwendung mit dieser Id gibt es schon.',
    client: 'So kann die Anwendung nicht sein.',
    gone: 'Das gibt es nicht mehr.',
  },
  refusals: {
    forbidden: {
      title: 'Nicht für dieses Konto',
      text: 'Diese Seite ist für die Verwaltung. Ihr Konto hat nicht das Recht, sie zu sehen.',
    },
    missing: { title: 'Hier ist nichts', text: 'Was Sie suchen, gibt es nicht oder nicht mehr.' },
  },
  more: 'Weitere',
  nothing: 'Hier ist nichts.',
  search: 'Suchen',
  searchUsers: 'Nach Benutzername, Name oder E-Mail suchen',
  username: 'Benutzername',
  name: 'Name',
  email: 'E-Mail',
  optional: 'freiwillig',
  scopes: 'Darf erhalten',
  disabled: 'Gesperrt',
  disabledUser: 'Gesperrt: kann sich nicht anmelden und verliert alles Ausgegebene',
  administrator: 'Verwaltung',
  addUser: 'Konto anlegen',
  addUserText: 'Ein erstes Passwort wird erzeugt und einmal gezeigt. Wem das Konto gehört, ändert es.',
  add: 'Anlegen',
  save: 'Speichern',
  since: 'Seit',
  id: 'Id',
  cannotChange: 'Sie können dieses Konto nicht ändern: Es hat Rechte der Verwaltung, die Sie nicht haben.',
  sendReset: 'Neues Passwort',
  sendResetText:
    'Wem das Konto gehört, setzt es über einen Link. Sie sehen weder den Link noch das Passwort. Der Link geht an',
  sendResetNow: 'Link senden',
  factors: 'Zweite Faktoren',
  factorCounts: ({ apps, passkeys, recoveryCodes }) =>
    `Authenticator-Apps: ${apps}. Passkeys: ${passkeys}. Wiederherstellungscodes: ${recoveryCodes}.`,
  resetFactors: 'Alle wegnehmen',
  resetFactorsText:
    'Für jemanden, der sie verloren hat. Vergewissern Sie sich, dass wirklich diese Person darum bittet: Danach genügt das Passwort allein. Alles, was das Konto erhalten hat, endet.',
  sessions: 'Angemeldet',
  noSessions: 'Nirgends.',
  browserOn: (browser, system) =>
    browser && system ? `${browser} auf ${system}` : (browser ?? system ?? 'Unbekannter Browser'),
  lastSeen: 'Zuletzt gesehen',
  endSession: 'Beenden',
  endSessions: 'Überall abmelden',
  grants: 'Hat erlaubt',
  noGrants: 'Nichts.',
  lastUsed: 'Zuletzt benutzt',
  revokeGrant: 'Widerrufen',
  revokeAll: 'Alles widerrufen',
  revokeAllText:
    'Alle Anmeldungen, Erlaubnisse und Tokens dieses Kontos enden. Es kann sich wieder anmelden.',
  events: 'Was mit diesem Konto geschah',
  remove: 'Entfernen',
  removeUserText: 'Das Konto ist endgültig weg, mit allem, was ausgegeben wurde.',
  removeClientText: 'Die Anwendung ist endgültig weg, mit allem, was sie erhalten hat.',
  removeCodeClientText:
    'Die Anwendung verliert alles, was sie erhalten hat. Sie steht in den Optionen des Servers und kommt beim nächsten Start wieder.',
  typeToConfirm: (text) => `Zum Entfernen eingeben: ${text}`,
  once: {
    password: {
      title: 'Das erste Passwort',
      text: 'Es wird nur dieses eine Mal gezeigt. Geben Sie es weiter; nach der ersten Anmeldung wird es geändert.',
    },
    secret: {
      title: 'Das Geheimnis der Anwendung',
      text: 'Es wird nur dieses eine Mal gezeigt: aufbewahrt wird sein Hash.',
    },
  },
  onceFor: 'Für',
  goOn: 'Weiter',
  sources: {
    code: 'Optionen des Servers',
    admin: 'Verwaltung',
    registered: 'Selbst angemeldet',
    document: 'Eigenes Dokument',
  },
  addClient: 'Anwendung anlegen',
  clientId: 'Client-Id',
  clientIdText: 'Leer gelassen: eine zufällige.',
  clientName: 'Name, den man sieht',
  kind: 'Art',
  kinds: {
    confidential: 'Web-Anwendung mit Geheimnis',
    public: 'Anwendung im Browser, ohne Geheimnis',
    native: 'App auf Telefon oder Computer',
    machine: 'Programm, das für sich selbst handelt',
  },
  redirectUris: 'Rücksprung-Adressen',
  redirectUrisText: 'Eine je Zeile. Wird genau verglichen.',
  clientScopes: 'Scopes',
  clientScopesText: 'Wörter mit Leerzeichen dazwischen. Leer gelassen: alle außer denen der Verwaltung.',
  firstParty: 'Eine eigene: niemand wird gefragt, ob er einverstanden ist',
  disabledClient: 'Gesperrt: erhält nichts und verliert alles Erhaltene',
  addedBy: 'Angelegt von',
  authenticatesWith: 'Weist sich aus mit',
  grantTypes: 'Verfahren',
  ownScopes: 'Im eigenen Namen',
  newSecret: 'Neues Geheimnis',
  newSecretText: 'Das Geheimnis davor gilt noch einen Tag.',
  leaked: 'Es ist bekannt geworden: das Geheimnis davor endet sofort',
  keyStates: { next: 'Signiert als Nächster', signs: 'Signiert', verifies: 'Prüft nur noch' },
  algorithm: 'Verfahren',
  signsFrom: 'Signiert ab',
  signsUntil: 'Signiert bis',
  publishedUntil: 'Veröffentlicht bis',
  rotate: 'Den nächsten Schlüssel jetzt erzeugen',
  rotateText: 'Schlüssel wechseln von selbst. Ein neuer signiert, sobald jede API Zeit hatte, ihn zu lesen.',
  removeKey: 'Aus dem Verkehr ziehen',
  removeKeyText:
    'Für einen Schlüssel, der bekannt geworden ist. Was er signiert hat, wird abgelehnt. Kann sonst keiner signieren, beginnt sofort ein neuer.',
  eventType: 'Ereignis',
  account: 'Konto',
  client: 'Anwendung',
  from: 'Von',
}
