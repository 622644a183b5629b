/** gatewright: OAuth2 for TypeScript APIs. Routes say what they need; that is enforced, typed and documented. */

export { api } from './api/api.ts'
export type { Api, ApiOptions, FetchInfo, MountableServer, MountIn, RouteSummary } from './api/api.ts'
export type { Mountable } from './api/mount.ts'
export {
  background,
  clientAddress,
  request,
  requiredScopes,
  response,
  signal,
  socket,
} from './api/context.ts'
export type { BackgroundTasks, RequiredScopes, ResponseControls } from './api/context.ts'
export type { Contract, DocumentedResponse } from './api/contract.ts'
export type { FilesOptions, ParameterOptions } from './api/definition.ts'
export { sameOrigin } from './api/csrf.ts'
export type { SameOriginOptions } from './api/csrf.ts'
export { dependency, fresh, override, replace, resource } from './api/dependency.ts'
export type { AnyDependency, Dependencies, Dependency, Override, ResourceOptions } from './api/dependency.ts'
export type { ScopeOf, ValueOf, Values } from './api/dependency.ts'
export type { DocsOptions } from './api/documentation.ts'
export type { LimitOptions } from './api/limits.ts'
export { DeclarationError } from './api/option-error.ts'
export { cookie, files, form, header, json, path, query } from './api/parameters.ts'
export type { PathParameter } from './api/parameters.ts'
export { events, stream } from './api/reply.ts'
export type { ServerSentEvent, StreamReply } from './api/reply.ts'
export { router } from './api/router.ts'
export type { AnyRouter, Router, RouterOptions } from './api/router.ts'
export type { AddRoute, AddWebSocket, Guard, Routes } from './api/routes.ts'
export type { Issue, Schema } from './api/schema.ts'
export type { Presented, Principal, SchemeOptions, ScopeDescriptions, Verify } from './api/scheme.ts'
export { apiKey } from './api/schemes/api-key.ts'
export type { ApiKeyOptions } from './api/schemes/api-key.ts'
export { http, httpBasic, httpBearer } from './api/schemes/http.ts'
export type { HttpBasicOptions, HttpBearerOptions, HttpOptions } from './api/schemes/http.ts'
export {
  authorizationCodeBearer,
  clientCredentialsBearer,
  oauth2,
  passwordBearer,
} from './api/schemes/oauth2.ts'
export type {
  AuthorizationCodeBearerOptions,
  ClientCredentialsBearerOptions,
  OAuth2Options,
  OAuthFlow,
  OAuthFlows,
  PasswordBearerOptions,
} from './api/schemes/oauth2.ts'
export { openIdConnect } from './api/schemes/openid-connect.ts'
export type {
  OpenIdConnectOptions,
  TrustedTokens,
  TrustedTokensOptions,
} from './api/schemes/openid-connect.ts'
export { passwordForm, passwordFormStrict } from './api/schemes/password-form.ts'
export type { PasswordRequest } from './api/schemes/password-form.ts'
export { allOf, anyOf, optional, security, securityAny } from './api/security.ts'
export { insufficientScope } from './api/insufficient-scope.ts'
export { stepUp } from './api/step-up.ts'
export type { StepUp } from './api/step-up.ts'
export { ValidationError } from './api/validation.ts'
export type { ValidationIssue } from './api/validation.ts'
export type { CookieOptions } from './http/cookies.ts'
export type { CorsOptions } from './http/cors.ts'
export { Outage } from './http/outage.ts'
export { HttpError } from './http/http-error.ts'
export type { HttpErrorOptions, Json } from './http/http-error.ts'
export type { Listener, ListenOptions } from './http/listen.ts'
export type { WebSocketConnection } from './http/websocket.ts'
export {
  invalidClient,
  invalidGrant,
  invalidRequest,
  invalidScope,
  OAuthError,
  temporarilyUnavailable,
  unsupportedGrantType,
} from './protocol/oauth-error.ts'
export type { OAuthErrorCode } from './protocol/oauth-error.ts'
export { reject, Rejection } from './protocol/rejection.ts'
export type { RejectionCode } from './protocol/rejection.ts'
export { accessTokens } from './verify/access-tokens.ts'
export type { AccessToken, AccessTokens, AccessTokensOptions, NewToken } from './verify/access-tokens.ts'
export type { RejectionNotice, ScopeCatalogue, TokenResponse } from './verify/access-tokens.ts'
export { tokenProfiles } from './protocol/token-profile.ts'
export type { ClaimPath, Claims, ProfileName, ScopesFrom, TokenProfile } from './protocol/token-profile.ts'
export type { LoginDemand } from './protocol/step-up.ts'
export type { ForeignTokensOptions, KeyTimes, OfOneIssuer } from './verify/foreign-tokens-options.ts'
export type { OfSeveralIssuers, Trusted, TrustedIssuer } from './verify/foreign-tokens-options.ts'
export type { IntrospectionOptions } from './verify/introspector.ts'
export type { StalenessOptions, WhenStale } from './verify/staleness.ts'
export { generateSigningKey, privateJwk, signingKey } from './crypto/signing-key.ts'
export type { SigningKey, SigningKeyOptions } from './crypto/signing-key.ts'
export type { SigningAlgorithm } from './crypto/signature.ts'
export type { Jwk, KeyMaterial } from './crypto/key-material.ts'
export type { PublicJwk, PublicKeySet } from './crypto/jwk.ts'
