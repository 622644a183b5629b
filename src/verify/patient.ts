/** Verifying functions that have a twin for callers who can wait a moment: long enough to stand in a row. */

/** Under this a function that verifies at once has its twin that may stand in the row; for callers that can wait. */
export const verifyInRow: unique symbol = Symbol('verifyInRow')

/** The twin that may stand in the row, where there is one; else the function itself. */
export function patient<Given extends readonly unknown[], Result>(
  verify: (...given: Given) => Result,
): (...given: Given) => Result | Promise<Awaited<Result>> {
  return (verify as { readonly [verifyInRow]?: typeof verify })[verifyInRow] ?? verify
}
