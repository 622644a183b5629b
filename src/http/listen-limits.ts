/** How long and how much a listener bears. */

/** How long and how much a listener bears. Times in seconds, sizes in bytes. */
export interface ListenLimits {
  /** Until all headers are there. 10 unless told. Node only; Bun and Deno have times of their own. */
  readonly headersTimeout?: number
  /** Until the whole request is there, body included. 60 unless told. Node only. */
  readonly requestTimeout?: number
  /** How long an idle connection is kept for a next request. 5 unless told. Node only. */
  readonly keepAliveTimeout?: number
  /** How long a connection may be silent in both directions; a stream has to say something now and then. 120 unless told. */
  readonly idleTimeout?: number
  /** All headers together. 16 384 unless told; beyond it 431. */
  readonly maxHeaderBytes?: number
  /** Connections at a time; further ones are closed. 10 000 unless told. Node only. */
  readonly maxConnections?: number
  /**
   * Connections at a time of one network address; further ones are closed, so that nobody takes all of them. Half of
   * `maxConnections` unless told, and all of them with `trustProxy`, where they come from the proxy. Node only.
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Requests at a time; further ones get 503. 1 000 unless told. */
  readonly maxRequests?: number
  /** One WebSocket message. 1 MiB unless told; beyond it the connection is closed with 1009. */
  readonly maxMessageBytes?: number
  /** How long a WebSocket may not even answer a ping. 30 unless told. */
  readonly pingTimeout?: number
}

/** All of them. */
export type Limits = Required<Omit<ListenLimits, 'maxConnectionsPerAddress'>> &
  Pick<ListenLimits, 'maxConnectionsPerAddress'>

const defaults: Limits = {
  headersTimeout: 10,
  requestTimeout: 60,
  keepAliveTimeout: 5,
  idleTimeout: 120,
  maxHeaderBytes: 16_384,
  maxConnections: 10_000,
  maxConnectionsPerAddress: undefined,
  maxRequests: 1000,
  maxMessageBytes: 1_048_576,
  pingTimeout: 30,
}

/** The defaults, with what each of these says instead; later ones go before earlier ones. */
export function limitsOf(...wishes: readonly (ListenLimits | undefined)[]): Limits {
  return Object.assign({}, defaults, ...wishes.map(defined)) as Limits
}

/** Leaves out what is undefined, so that it does not hide a default. */
function defined(limits: ListenLimits | undefined): Partial<Limits> {
  const names = Object.keys(defaults) as (keyof Limits)[]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = limits?.[name]
      if (value === undefined) return []
      if (!(value > 0 && value < Infinity))
        throw new TypeError(`${name} must be a number above 0, not ${String(value)}`)
      return [[name, value]]
    }),
  )
}
