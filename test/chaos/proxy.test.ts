import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProxy, type Link } from './proxy.ts'

let target: Server
let heard: string
let link: Link
const clients: Socket[] = []

/** Says `you said …` to whatever it hears. */
beforeEach(async () => {
  heard = ''
  target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      heard += chunk.toString()
      socket.write(`you said ${chunk.toString()}`)
    })
    socket.on('end', () => socket.end())
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  link = await createProxy((target.address() as AddressInfo).port)
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await link.close()
  target.close()
})

async function call(): Promise<{ socket: Socket; ended: Promise<string>; said: () => string }> {
  const socket = connect({ port: link.port, host: '127.0.0.1', allowHalfOpen: true })
  clients.push(socket)
  let said = ''
  let how = 'closed'
  socket.on('data', (chunk) => {
    said += chunk.toString()
  })
  socket.on('end', () => {
    how = 'ended'
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code ?? 'error'
  })
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(how)))
  await once(socket, 'connect')
  return { socket, ended, said: () => said }
}

describe('a link', () => {
  it('carries both ways when nothing is wrong, also later', async () => {
    const { socket, said } = await call()
    link.trouble({ kind: 'delay', ms: 20 })
    socket.write('one')
    await expect.poll(said).toBe('you said one')
    link.trouble(null)
    socket.write('two')
    await expect.poll(said).toBe('you said oneyou said two')
  })

  it('breaks a request that is half sent', async () => {
    link.trouble({ kind: 'cut', afterBytes: 4 })
    const { socket, ended } = await call()
    socket.write('12345678')
    expect(await ended).toBe('ECONNRESET')
    expect(heard).toBe('1234')
  })

  it('lets a request through and loses its reply', async () => {
    const { socket, ended, said } = await call()
    const lost = link.cutBeforeReply('COMMIT')
    socket.write('select')
    await expect.poll(said).toBe('you said select')
    socket.write('COMMIT')
    await lost
    expect(await ended).toBe('ECONNRESET')
    expect(heard).toBe('selectCOMMIT')
    expect(said()).toBe('you said select')
  })

  it('swallows everything as a black hole, and tells nobody', async () => {
    const { socket, said } = await call()
    link.trouble({ kind: 'blackhole' })
    socket.write('gone')
    const other = await call()
    link.trouble(null)
    other.socket.write('here')
    await expect.poll(other.said).toBe('you said here')
    expect([heard, said()]).toEqual(['here', ''])
  })

  it('resets what is open and what comes', async () => {
    const { ended } = await call()
    link.trouble({ kind: 'reset' })
    expect(await ended).toBe('ECONNRESET')
    const late = connect(link.port, '127.0.0.1')
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  it('ends the caller’s side while the target goes on', async () => {
    const { socket } = await call()
    socket.write('one')
    await expect.poll(() => heard).toBe('one')
    const end = once(socket, 'end')
    link.trouble({ kind: 'half-close' })
    await end
    socket.write('two')
    await expect.poll(() => heard).toBe('onetwo')
  })
})
