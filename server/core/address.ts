/**
 * Internet addresses as numbers, written by hand so that `core` needs nothing of Node. Strict on purpose: `010.0.0.1` or
 * `127.1` mean different hosts to different programs, so they are no addresses here.
 */

interface Address {
  readonly size: 32 | 128
  readonly value: bigint
}

export interface Network extends Address {
  readonly prefix: number
}

export type Networks = readonly Network[]

const MAPPED = 0xffffn

function parseV4(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4) return null
  let value = 0n
  for (const octet of octets) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return null
    value = (value << 8n) | BigInt(octet)
  }
  return { size: 32, value }
}

function parseV6(text: string): Address | null {
  // The tail may be dotted (`::ffff:1.2.3.4`); as two groups it needs no further care.
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  if (tail.includes('.')) {
    const v4 = parseV4(tail)
    if (!v4) return null
    text = `${text.slice(0, lastColon + 1)}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`
  }
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head = [], end = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - end.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  let value = 0n
  for (const group of [...head, ...Array.from({ length: missing }, () => '0'), ...end]) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null
    value = (value << 16n) | BigInt(`0x${group}`)
  }
  return { size: 128, value }
}

function unmapped(address: Address): Address {
  const mapped = address.size === 128 && address.value >> 32n === MAPPED
  return mapped ? { size: 32, value: address.value & 0xffffffffn } : address
}

function parse(text: string): Address | null {
  if (text.length > 80) return null
  if (!text.includes(':')) return parseV4(text)
  // Node names the interface of a link-local peer: `fe80::1%eth0`.
  const address = parseV6(text.replace(/%[\w.-]+$/, ''))
  return address && unmapped(address)
}

function format({ size, value }: Address): string {
  if (size === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  // RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`.
  let [start, length] = [0, 1]
  for (let i = 0; i < 8; i++) {
    let end = i
    while (groups[end] === '0') end++
    if (end - i > length) [start, length] = [i, end - i]
  }
  if (length === 1) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

function within(address: Address, network: Network): boolean {
  const rest = BigInt(network.size - network.prefix)
  return address.size === network.size && address.value >> rest === network.value >> rest
}

const inside = (address: Address, networks: Networks) => networks.some((network) => within(address, network))

/** The address in its one canonical form (IPv4-mapped IPv6 as IPv4, RFC 5952, no zone), or null. */
export function canonicalAddress(text: string): string | null {
  const address = parse(text)
  return address && format(address)
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address; null when it is neither. */
export function parseNetwork(text: string): Network | null {
  const [host = '', prefixText, ...more] = text.split('/')
  const address = parse(host)
  if (!address || more.length > 0) return null
  if (prefixText === undefined) return { ...address, prefix: address.size }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText)) return null
  // A mapped network counts its prefix over all 128 bits.
  const prefix = Number(prefixText) - (host.includes(':') && address.size === 32 ? 96 : 0)
  return prefix >= 0 && prefix <= address.size ? { ...address, prefix } : null
}

/** Throws a RangeError on an entry that is no network: a proxy list must never shrink silently. */
export function parseNetworks(list: readonly string[]): Networks {
  return list.map((text) => {
    const network = parseNetwork(text)
    if (!network) throw new RangeError(`not an address or network: ${text}`)
    return network
  })
}

/** A hop as proxies write it: `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]`, `[::1]:5678`. */
function parseHop(text: string): Address | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)
  if (bracketed) return bracketed[1]?.includes(':') ? parse(bracketed[1]) : null
  return parse(text.replace(/^([\d.]+):\d{1,5}$/, '$1'))
}

/**
 * Who is calling: the right-most X-Forwarded-For hop that is not a trusted proxy, asked only when the socket itself is one.
 * Everything left of that hop was written by a stranger. A hop that is no address ends the walk at the last good one.
 */
export function visitorAddress(
  socketAddress: string,
  forwardedFor: string | undefined,
  trusted: Networks,
): string {
  let visitor = parse(socketAddress)
  if (!visitor) return socketAddress
  const hops = forwardedFor?.split(',') ?? []
  while (inside(visitor, trusted)) {
    const hop = parseHop(hops.pop()?.trim() ?? '')
    if (!hop) break
    visitor = hop
  }
  return format(visitor)
}

/** What may be kept of an address: all of it, its /24 or /48 network, or nothing. Null also for what is no address. */
export function maskAddress(ip: string, mode: 'full' | 'masked' | 'off'): string | null {
  const address = mode === 'off' ? null : parse(ip)
  if (!address) return null
  if (mode === 'full') return format(address)
  const dropped = address.size === 32 ? 8n : 80n
  return format({ size: address.size, value: (address.value >> dropped) << dropped })
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister: nothing here is anywhere on a map.
const PLACELESS = parseNetworks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001:db8::/32',
])
const GLOBAL_V6 = parseNetworks(['2000::/3'])

/** Whether the address is one of the public internet: not private, loopback, link-local, reserved, or no address at all. */
export function isPublicAddress(ip: string): boolean {
  const address = parse(ip)
  return !!address && !inside(address, PLACELESS) && (address.size === 32 || inside(address, GLOBAL_V6))
}

/**
 * Phones and tablets by their User-Agent (https://developer.mozilla.org/docs/Web/HTTP/Guides/Browser_detection_using_the_user_agent).
 * An iPad that asks for the desktop site calls itself a Mac and counts as one.
 */
export function isMobile(userAgent: string): boolean {
  return /Mobi|Android|iPhone|iPad|iPod|Opera Mini|Silk\//i.test(userAgent)
}
