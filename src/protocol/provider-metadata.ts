/** The metadata of another issuer (OpenID Connect Discovery §3 and §4, RFC 8414 §3): where it is, and what of it is used. */

/** What a verifier needs to know of an issuer. */
export interface ProviderMetadata {
  /** Where its keys are. */
  readonly jwksUri: string | undefined
  readonly introspectionEndpoint: string | undefined
  /** How clients may authenticate there; unknown when the issuer does not say. */
  readonly introspectionMethods: readonly string[] | undefined
  /** Where it tells what it has revoked, if it is one of ours. */
  readonly revocationFeedEndpoint: string | undefined
}

/** A document that is not to be used, and why, for the log. */
export class MetadataFault {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * Where the metadata may be, in the order of asking: OpenID's place, which nearly all have, then those of RFC 8414.
 *
 * @example
 *
 * ```ts
 * discoveryUrls('https://auth.test/t')
 * // ['https://auth.test/t/.well-known/openid-configuration',
 * //  'https://auth.test/.well-known/oauth-authorization-server/t',
 * //  'https://auth.test/.well-known/openid-configuration/t']
 * ```
 */
export function discoveryUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  // RFC 8414 §3.1: a slash at the end is taken off before anything is put in; Discovery §4.1 says the same.
  const path = pathname.replace(/\/$/, '')
  return [
    ...new Set([
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
    ]),
  ]
}

/**
 * Reads a document.
 *
 * @param issuer The configured one. Discovery §4.3, RFC 8414 §3.3: the document has to name exactly this, or whoever can
 * put a document there answers for another issuer.
 */
export function readProviderMetadata(
  document: Readonly<Record<string, unknown>>,
  issuer: string,
): ProviderMetadata | MetadataFault {
  if (document['issuer'] !== issuer) {
    const found = (JSON.stringify(document['issuer']) ?? 'missing').slice(0, 200)
    return new MetadataFault(`its issuer is ${found}, and ${JSON.stringify(issuer)} is configured`)
  }
  const { jwks_uri: jwksUri, introspection_endpoint: introspectionEndpoint } = document
  if (!isTextOrMissing(jwksUri)) return new MetadataFault('its jwks_uri is no address')
  if (!isTextOrMissing(introspectionEndpoint)) {
    return new MetadataFault('its introspection_endpoint is no address')
  }
  const { revocation_feed_endpoint: revocationFeedEndpoint } = document
  if (!isTextOrMissing(revocationFeedEndpoint)) {
    return new MetadataFault('its revocation_feed_endpoint is no address')
  }
  const methods = document['introspection_endpoint_auth_methods_supported']
  return {
    jwksUri,
    introspectionEndpoint,
    introspectionMethods: Array.isArray(methods)
      ? methods.filter((method) => typeof method === 'string')
      : undefined,
    revocationFeedEndpoint,
  }
}

function isTextOrMissing(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '')
}
