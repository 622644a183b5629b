/** What kind of place an IP address is: somewhere in the world, or somewhere inside (RFC 6890 and its registries). */

/**
 * - `public`: anywhere in the world.
 * - `loopback`: this computer.
 * - `private`: the network around it.
 * - `reserved`: no place that a request should ever go to, the metadata services of clouds among them.
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'reserved'

/**
 * Says what kind of place an address is. What is no address is `reserved`.
 *
 * @example
 *
 * ```ts
 * addressKind('169.254.169.254') // 'reserved'
 * addressKind('::ffff:10.0.0.1') // 'private'
 * ```
 */
export function addressKind(address: string): AddressKind {
  const four = fourBytes(address)
  if (four !== undefined) return kindOfFour(four)
  // A zone (`fe80::1%eth0`) says which network card; only addresses inside have one.
  const six = sixteenBytes(address.replace(/%.*$/, ''))
  return six === undefined ? 'reserved' : kindOfSix(six)
}

type Range = readonly [prefix: string, bits: number, kind: AddressKind]

/** The first that fits decides. */
const rangesOfFour: readonly Range[] = [
  ['168.63.129.16', 32, 'reserved'], // Azure's wire server, though its range is public
  ['100.100.100.200', 32, 'reserved'], // Alibaba's metadata
  ['0.0.0.0', 8, 'reserved'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'reserved'], // link-local: the metadata of most clouds
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 3, 'reserved'], // multicast, and what was never given out
]

const rangesOfSix: readonly Range[] = [
  ['::1', 128, 'loopback'],
  ['fd00:ec2::', 32, 'reserved'], // the metadata of AWS
  ['fd20:ce::', 32, 'reserved'], // and of Google
  ['fc00::', 7, 'private'],
  ['2001::', 23, 'reserved'], // Teredo and its neighbours
  ['2001:db8::', 32, 'reserved'],
  ['2002::', 16, 'reserved'], // 6to4: another address within
  ['3fff::', 20, 'reserved'],
  ['2000::', 3, 'public'],
]

/** Ranges whose last four bytes are an address of the old kind: it is that one which is reached. */
const wrapping: readonly (readonly [prefix: string, bits: number])[] = [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
]

function kindOfFour(bytes: readonly number[]): AddressKind {
  const range = rangesOfFour.find(([prefix, bits]) => isWithin(bytes, fourBytes(prefix), bits))
  return range?.[2] ?? 'public'
}

function kindOfSix(bytes: readonly number[]): AddressKind {
  if (wrapping.some(([prefix, bits]) => isWithin(bytes, sixteenBytes(prefix), bits))) {
    return kindOfFour(bytes.slice(12))
  }
  const range = rangesOfSix.find(([prefix, bits]) => isWithin(bytes, sixteenBytes(prefix), bits))
  // Of these addresses only one eighth has been given out.
  return range?.[2] ?? 'reserved'
}

function isWithin(bytes: readonly number[], prefix: readonly number[] | undefined, bits: number): boolean {
  return bytes.every((byte, at) => {
    const mask = 0xff & (0xff00 >> Math.min(8, Math.max(0, bits - at * 8)))
    return (byte & mask) === ((prefix?.[at] ?? 0) & mask)
  })
}

/** Four decimal numbers; other spellings (`0x7f.1`, `2130706433`) are no addresses here. */
function fourBytes(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function sixteenBytes(text: string): readonly number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const tail = dotted === null ? undefined : fourBytes(dotted[2] ?? '')
  if (dotted !== null && tail === undefined) return undefined
  const plain = tail === undefined ? text : `${dotted?.[1]}0:0`
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [before = [], after = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - before.length - after.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  const bytes = groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
  return tail === undefined ? bytes : [...bytes.slice(0, 12), ...tail]
}
