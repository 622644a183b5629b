/** The answer of a server that has enough to do. */

/** 503 with `Retry-After`: try again in a second. */
export function busy(Answer: typeof Response): Response {
  return new Answer('{"detail":"Service Unavailable"}', {
    status: 503,
    headers: { 'content-type': 'application/json', 'retry-after': '1' },
  })
}
