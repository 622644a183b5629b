/** JSON as the store keeps it. */

/** An object that JSON can write. What is in it is not the store's business. */
export type JsonObject = Readonly<Record<string, unknown>>
