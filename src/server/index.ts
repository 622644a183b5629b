/** `gatewright/server`: accounts, and the authorization server. */

export { accounts } from './accounts/accounts.ts'
export type { DatabaseAccounts, SourceAccounts, StoreAccounts } from './accounts/accounts.ts'
export type { Account, AccountPatch, Accounts, LoginAccounts, NewAccount } from './accounts/types.ts'
export { AccountError } from './accounts/error.ts'
export type { AccountErrorCode } from './accounts/error.ts'
export type { AccountLike, AccountSource, Credentials, Login } from './accounts/login.ts'
export type { PasswordOwner, PasswordPolicy } from './accounts/password-policy.ts'
export type { HashingOptions } from '../crypto/password-hash.ts'
export type { HashingLimits } from '../crypto/hashing-queue.ts'
export type { Pepper } from '../crypto/password-hash.ts'
export { adminScopes } from './admin/scopes.ts'
export type { AdminScope } from './admin/scopes.ts'
export { authorizationServer } from './authorization-server.ts'
export type { AuthorizationServer, OpenServer } from './authorization-server.ts'
export type { AuditEvent, AuditEventType } from './audit.ts'
export type { BearerFlow, BearerOptions } from './bearer.ts'
export type { ClientDocumentOptions } from './document-settings.ts'
export { ClientError } from './clients.ts'
export type { Client, ClientDefinition, ClientPrivileges, Clients } from './clients.ts'
export type { Provider } from './federation/provider.ts'
export type { LinkedProvider, LinkedProviders } from './federation/tokens.ts'
export type { Mail, MailMessage } from './mail/mail.ts'
export { smtp } from './mail/smtp.ts'
export type { SmtpOptions } from './mail/smtp.ts'
export type { Message, MessageContext, WrittenMessage } from './interaction/messages.ts'
export type { Approval, Interaction, PendingAuthorization } from './interaction/interaction.ts'
export type {
  AccountApplicationsPage,
  AccountEmailPage,
  AccountEmailQuestion,
  AccountFrame,
  AccountOverviewPage,
  AccountPages,
  AccountPasswordPage,
  AccountProfilePage,
  AccountProvidersPage,
  AccountRemovalPage,
  AccountSessionsPage,
} from './interaction/account-pages.ts'
export type {
  AdminAuditPage,
  AdminClientPage,
  AdminClientsPage,
  AdminFrame,
  AdminKeysPage,
  AdminOncePage,
  AdminOverviewPage,
  AdminPages,
  AdminRefusalPage,
  AdminUserPage,
  AdminUsersPage,
} from './interaction/admin-pages.ts'
export type { ChooserPage } from './interaction/chooser-page.ts'
export type { DevicePage } from './interaction/device-page.ts'
export type {
  AddressQuestion,
  AccountFactor,
  AccountFactorsList,
  AccountFactorsPage,
  ConsentPage,
  EmailPage,
  ErrorPage,
  LoginPage,
  PageClient,
  PageContext,
  PageForm,
  PageOperation,
  PagePasskey,
  PagePerson,
  Pages,
  PageScope,
  PageSet,
  PasswordProblem,
  PasswordQuestion,
  ProviderButton,
  ProviderProblem,
  RecoveryPage,
  SecondFactorPage,
  SignOutPage,
  SignUpPage,
} from './interaction/pages.ts'
export type {
  AdminOptions,
  AuthorizationServerOptions,
  KeyOptions,
  Lifetimes,
  ProviderAccounts,
  RateLimitOption,
  RegistrationOptions,
  ResourceOptions,
} from './options.ts'
export type { OpenApiSource } from './openapi-operations.ts'
export type { StalenessOptions, WhenStale } from '../verify/staleness.ts'
