/** The steps that bring a database to the tables of this version, in their order: what has run somewhere keeps its name. */
export const migrationIds: readonly string[] = [
  '0001-accounts',
  '0002-grants',
  '0003-sessions',
  '0004-session-families',
  '0005-account-tokens',
  '0006-authenticators',
  '0007-identities',
  '0009-document-clients',
  '0010-unused-clients',
  '0011-password-changes',
]
