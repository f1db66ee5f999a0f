import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RoomLine } from '../../server/ports.ts'
import { bodyOf, isThatLine, openerPosts, parts } from '../../server/webex/format.ts'
import { receive } from '../../server/webex/receive.ts'

const SECRET = 's'.repeat(32)
const sign = (body: string | Buffer) => createHmac('sha1', SECRET).update(body).digest('hex')
const request = (rawBody: Buffer, signature?: string) => ({
  method: 'POST',
  url: new URL('http://x/hooks/webex'),
  headers: { 'x-spark-signature': signature },
  rawBody,
})
// Not as we would write it: spaces, an escape, a trailing line break. The bytes are signed, not the meaning.
const RAW = Buffer.from('{ "resource": "messages",\n "event":"created", "data": {"roomId":"r\\u0031"} }\n')

describe('a webhook call', () => {
  it('is believed over its raw bytes, and names its room', () => {
    expect(receive(request(RAW, sign(RAW)), SECRET)).toEqual({ ok: true, rooms: ['r1'] })
  })

  it('is refused when one byte of body or signature differs, or the JSON was written anew', () => {
    const right = sign(RAW)
    for (let n = 0; n < right.length; n++) {
      const flipped = `${right.slice(0, n)}${right[n] === '0' ? '1' : '0'}${right.slice(n + 1)}`
      expect(receive(request(RAW, flipped), SECRET).ok).toBe(false)
    }
    const anew = Buffer.from(JSON.stringify(JSON.parse(RAW.toString())))
    expect(receive(request(anew, right), SECRET).ok).toBe(false)
    for (const none of [undefined, '', right.toUpperCase(), `${right}0`, right.slice(1)]) {
      expect(receive(request(RAW, none), SECRET).ok).toBe(false)
    }
  })

  it('says when it is only we who wrote there, as far as that is sure', () => {
    const ours = new Set(['we'])
    const told = (event: string, personId: string) => {
      const body = JSON.stringify({ resource: 'messages', event, data: { roomId: 'r', personId } })
      return receive(request(Buffer.from(body), sign(body)), SECRET, ours)
    }
    expect(told('created', 'we')).toEqual({ ok: true, rooms: ['r'], echo: true })
    expect(told('created', 'staff')).toEqual({ ok: true, rooms: ['r'] })
    expect(told('deleted', 'we')).toEqual({ ok: true, rooms: ['r'] })
  })

  it('about something else is taken and leads to nothing', () => {
    for (const body of ['', 'nonsense', '[]', '{"resource":"rooms","data":{}}']) {
      expect(receive(request(Buffer.from(body), sign(body)), SECRET)).toEqual({ ok: true, rooms: [] })
    }
  })
})

describe('lines in a room', () => {
  const line = (text: string, marker = '12'): RoomLine => ({ kind: 'visitor', label: 'Anna', marker, text })

  const said = (text: string) => ({ text, mentionedPeople: [] })

  it('carry their marker in a header of ours', () => {
    expect(bodyOf(line('hi\nthere'))).toEqual({ text: 'Anna · 12\nhi\nthere' })
    expect(bodyOf({ kind: 'bot', marker: '13', text: 'Hello' })).toEqual({ text: 'Bot · 13\nHello' })
  })

  it('are known again by the header alone: a visitor cannot fake one', () => {
    expect(isThatLine(said('Anna · 12\nhi'), line('hi'))).toBe(true)
    expect(isThatLine(said('Anna · 112\nhi'), line('hi'))).toBe(false)
    expect(isThatLine(said('Anna · 11\nAnna · 12'), line('hi'))).toBe(false)
    expect(isThatLine(said('Anna · 12a\nhi'), line('hi'))).toBe(false)
    expect(isThatLine(said('The end'), { kind: 'notice', text: 'The end' })).toBe(true)
    expect(isThatLine(said('The end.'), { kind: 'notice', text: 'The end' })).toBe(false)
  })

  it('fit exactly as long as they can', () => {
    const most = 7439 - Buffer.byteLength('Anna · 12\n')
    expect(parts(line('x'.repeat(most)))).toHaveLength(1)
    const two = parts(line('x'.repeat(most + 1)))
    expect(two.map((part) => (part.kind === 'visitor' ? part.marker : ''))).toEqual(['12a', '12b'])
    for (const part of two) expect(Buffer.byteLength(bodyOf(part).text)).toBeLessThanOrEqual(7439)
  })

  it('of an opener are packed into as few posts as hold them', () => {
    expect(openerPosts(['a', 'b'])).toEqual(['a\nb'])
    const posts = openerPosts(Array.from({ length: 20 }, (_, n) => `${n}: ${'ż'.repeat(1000)}`))
    expect(posts.length).toBe(7)
    for (const post of posts) expect(Buffer.byteLength(post)).toBeLessThanOrEqual(7439)
    expect(posts.join('\n').split('\n').length).toBe(20)
  })
})
