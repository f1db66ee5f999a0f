/** Where the process listens. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from './config.ts'
import { ConfigError } from './core/errors.ts'

/**
 * @returns the address on this machine, e.g. `http://127.0.0.1:3000`
 * @throws ConfigError that names the variable when there is no listening there
 */
export function listenOn(server: Server, config: Config): Promise<string> {
  // The demo answers this machine only; a chat for visitors answers everybody.
  const host = config.host ?? (config.webex.kind === 'sandbox' ? '127.0.0.1' : undefined)
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const path = /EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN/.test(error.code ?? '') ? 'HOST' : 'PORT'
      reject(new ConfigError('The server cannot listen.', [{ path, message: error.message }]))
    }
    server.once('error', refuse)
    server.listen({ port: config.port, host }, () => {
      server.off('error', refuse)
      const { port } = server.address() as AddressInfo
      const everywhere = host === undefined || host === '0.0.0.0' || host === '::'
      const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
      resolve(`http://${name}:${port}`)
    })
  })
}

export const loopbackOrigins = (origin: string): string[] => {
  const { port } = new URL(origin)
  return [origin, `http://localhost:${port}`, `http://[::1]:${port}`]
}
