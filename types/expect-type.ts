/** Asserts a type where `tsc` is the test: nothing here runs. */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `expectType<number>()(value)` does not compile unless the type of the value is exactly that. */
export declare function expectType<Expected>(): <Actual>(
  actual: Actual,
  ...mismatch: Equal<Actual, Expected> extends true ? [] : [never]
) => void

/** The same for a type without a value. */
export declare function expectSame<A, B>(...mismatch: Equal<A, B> extends true ? [] : [never]): void
