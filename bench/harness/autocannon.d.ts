/** As much of autocannon as the load uses; it is installed for the bench alone. */

declare module 'autocannon' {
  /** One request that a connection sends in its turn. */
  export interface Request {
    readonly method?: string
    readonly path?: string
    readonly body?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly setupRequest?: (request: Request, context: Record<string, unknown>) => Request
    readonly onResponse?: (status: number, body: string, context: Record<string, unknown>) => void
  }

  export interface Client {
    setRequests(requests: readonly Request[]): void
    on(event: 'response', listener: (status: number, bytes: number, milliseconds: number) => void): this
  }

  export interface Result {
    readonly errors: number
    readonly timeouts: number
  }

  export default function autocannon(options: {
    readonly url: string
    /** How many in all; or for how many seconds. */
    readonly amount?: number
    readonly duration?: number
    /** How many begin in a second, over all connections. */
    readonly overallRate?: number
    readonly connections: number
    readonly timeout: number
    /** Milliseconds between the ticks of its clock. */
    readonly sampleInt?: number
    readonly setupClient: (client: Client) => void
  }): Promise<Result>
}
