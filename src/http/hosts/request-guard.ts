/** A guard as the hosts see it: `tokenGuard()` of `gatewright/verify` is one. */

/** Says of a request whether it may go on. */
export interface RequestGuard<Requirement> {
  /** `key` is what the framework calls the request; the guard's `tokenOf` is asked with it. */
  check(
    request: Request,
    requirement: Requirement | undefined,
    key: object,
  ): Promise<{ readonly response?: Response | undefined }>
}
