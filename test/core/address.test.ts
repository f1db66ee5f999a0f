import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalAddress,
  isMobile,
  isPublicAddress,
  maskAddress,
  parseNetwork,
  parseNetworks,
  visitorAddress,
} from '../../server/core/address.ts'

describe('an address', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:0102:0304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:102:304', '1.2.3.4'],
    ['2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
  })

  it.each([
    '',
    'localhost',
    '127.1',
    '010.0.0.1',
    '1.2.3.256',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::12345',
    '::g',
    '::1.2.3',
    '1.2.3.4::',
    '1.2.3.4%eth0',
    `::${'0'.repeat(100)}1`,
  ])('%j is none', (text) => {
    expect(canonicalAddress(text)).toBeNull()
  })

  it('is read as Node reads it, and its canonical form is a fixed point', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abf:.') })),
        (text) => {
          const canonical = canonicalAddress(text)
          expect(canonical !== null).toBe(isIP(text) !== 0)
          if (canonical === null) return
          expect(canonicalAddress(canonical)).toBe(canonical)
          if (isIP(text) === 6 && isIP(canonical) === 6)
            expect(new URL(`http://[${text}]`).hostname).toBe(`[${canonical}]`)
        },
      ),
    )
  })
})

describe('a network', () => {
  it.each(['10.0.0.0/8', '10.1.2.3', 'fd00::/8', '::1', '::/0', '::ffff:10.0.0.0/104'])(
    '%s is one',
    (text) => {
      expect(parseNetwork(text)).not.toBeNull()
    },
  )

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    'fd00::/129',
    'a.example/8',
    '::ffff:10.0.0.0/8',
  ])('%j is none', (text) => {
    expect(parseNetwork(text)).toBeNull()
    expect(() => parseNetworks(['::1', text])).toThrow(RangeError)
  })
})

describe('the address of a visitor', () => {
  const trusted = parseNetworks(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])

  it.each<[what: string, socket: string, header: string | undefined, visitor: string]>([
    ['no proxy, no header', '37.47.248.93', undefined, '37.47.248.93'],
    ['a header from a stranger', '37.47.248.93', '1.1.1.1', '37.47.248.93'],
    ['one trusted proxy', '10.0.0.1', '37.47.248.93', '37.47.248.93'],
    ['a forged hop on the left', '10.0.0.1', '1.1.1.1, 37.47.248.93', '37.47.248.93'],
    ['two trusted proxies', '127.0.0.1', '1.1.1.1, 37.47.248.93, 10.9.9.9', '37.47.248.93'],
    ['trusted proxies all the way', '127.0.0.1', '10.1.1.1,10.2.2.2', '10.1.1.1'],
    ['a mapped socket', '::ffff:10.0.0.1', '37.47.248.93', '37.47.248.93'],
    ['a mapped hop', '10.0.0.1', '::ffff:37.47.248.93', '37.47.248.93'],
    ['a mapped trusted hop', '10.0.0.1', '37.47.248.93, ::ffff:10.0.0.2', '37.47.248.93'],
    ['a port', '10.0.0.1', '37.47.248.93:51234', '37.47.248.93'],
    ['brackets', '10.0.0.1', '[2001:DB8::1]', '2001:db8::1'],
    ['brackets and a port', 'fd12::1', '[2001:db8::1]:443', '2001:db8::1'],
    ['garbage', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['garbage behind a trusted hop', '10.0.0.1', '1.1.1.1, <script>, 10.0.0.2', '10.0.0.2'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['an empty hop', '10.0.0.1', '37.47.248.93,', '10.0.0.1'],
    ['brackets round an IPv4', '10.0.0.1', '[1.2.3.4]', '10.0.0.1'],
    ['a closed socket', '', '1.1.1.1', ''],
  ])('%s', (_, socket, header, visitor) => {
    expect(visitorAddress(socket, header, trusted)).toBe(visitor)
  })

  it('is the socket when nothing is trusted', () => {
    expect(visitorAddress('127.0.0.1', '1.1.1.1', [])).toBe('127.0.0.1')
  })

  it('cannot be chosen by what a stranger writes to the left of the real hop', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (forged) => {
        expect(visitorAddress('10.0.0.1', `${forged}, 37.47.248.93`, trusted)).toBe('37.47.248.93')
      }),
    )
  })
})

describe('masking', () => {
  it.each<[string, 'full' | 'masked' | 'off', string | null]>([
    ['37.47.248.93', 'full', '37.47.248.93'],
    ['37.47.248.93', 'masked', '37.47.248.0'],
    ['37.47.248.93', 'off', null],
    ['::ffff:37.47.248.93', 'masked', '37.47.248.0'],
    ['2001:db8:1:2:3:4:5:6', 'masked', '2001:db8:1::'],
    ['2001:db8:1:2:3:4:5:6', 'full', '2001:db8:1:2:3:4:5:6'],
    ['::1', 'masked', '::'],
    ['nonsense', 'full', null],
    ['', 'masked', null],
  ])('%s, %s: %s', (ip, mode, masked) => {
    expect(maskAddress(ip, mode)).toBe(masked)
  })
})

describe('the public internet', () => {
  it.each(['37.47.248.93', '8.8.8.8', '2001:4860:4860::8888', '::ffff:8.8.8.8'])('holds %s', (ip) => {
    expect(isPublicAddress(ip)).toBe(true)
  })

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '203.0.113.9',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    'nonsense',
  ])('does not hold %s', (ip) => {
    expect(isPublicAddress(ip)).toBe(false)
  })
})

describe('a mobile browser', () => {
  it.each([
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0',
  ])('is told by %s', (userAgent) => {
    expect(isMobile(userAgent)).toBe(true)
  })

  it.each([
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0',
    'curl/8.5.0',
    '',
  ])('is not told by %j', (userAgent) => {
    expect(isMobile(userAgent)).toBe(false)
  })
})
