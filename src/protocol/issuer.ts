/** What may be an issuer (RFC 8414 §2), and the addresses below it. */

/**
 * Checks the issuer that a server is set up with. It is kept as it is written: clients compare it byte by byte.
 *
 * @example
 *
 * ```ts
 * checkIssuer('https://auth.test/tenant')
 * checkIssuer('http://localhost:8000') // on this computer nobody listens in
 * ```
 *
 * @returns The issuer, unchanged.
 * @throws {TypeError} With what is wrong: a mistake of whoever sets the server up.
 */
export function checkIssuer(
  issuer: string,
  options: {
    /** Accepts `http` on other hosts, where everybody on the way reads every token. */
    readonly dangerouslyAllowHttp?: boolean
  } = {},
): string {
  const fault = faultOf(issuer, options.dangerouslyAllowHttp ?? false)
  if (fault !== undefined) throw new TypeError(`The issuer ${JSON.stringify(issuer)} ${fault}`)
  return issuer
}

function faultOf(issuer: string, allowHttp: boolean): string | undefined {
  const url = URL.parse(issuer)
  if (url === null || !/^https?:\/\//.test(issuer)) return 'is not an https address'
  // RFC 8414 §2: no query and no fragment, not even an empty one.
  if (/[?#]/.test(issuer)) return 'has a query or a fragment'
  if (/^https?:\/\/[^/]*@/.test(issuer)) return 'has a user in it'
  if (url.protocol === 'http:' && !allowHttp && !isThisComputer(url.hostname)) {
    return 'is http: only a host on this computer may be'
  }
  // Other case, a port that goes without saying, dots: clients would write it in one way and we in another.
  if (url.href !== issuer && url.href !== `${issuer}/`) return `is to be written as ${url.href}`
  return undefined
}

function isThisComputer(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]'
}

/**
 * The address of something below the issuer.
 *
 * @param path Begins with a slash.
 */
export function endpointUrl(issuer: string, path: string): string {
  return (issuer.endsWith('/') ? issuer.slice(0, -1) : issuer) + path
}
