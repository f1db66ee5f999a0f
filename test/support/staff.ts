/** Staff at the sandbox, and a look into its rooms: what a person would see in a Webex client. */
export interface RoomMessage {
  readonly id: string
  readonly from: { readonly email: string; readonly kind: 'integration' | 'bot' | 'person' }
  readonly text?: string
  readonly parentId?: string
  /** Addresses of those who were called, or `all`. */
  readonly mentions?: readonly string[]
}

export interface Room {
  readonly id: string
  readonly title: string
  readonly members: readonly { readonly email: string; readonly kind: string }[]
}

export interface RoomWhole extends Room {
  readonly messages: readonly RoomMessage[]
  readonly webhooks: readonly {
    readonly resource: string
    readonly event: string
    readonly filter?: string
    readonly targetUrl: string
    readonly hasSecret: boolean
  }[]
}

export interface Staff {
  rooms(): Promise<readonly Room[]>
  room(id: string): Promise<RoomWhole>
  /** The only room there is. */
  theRoom(): Promise<RoomWhole>
  write(roomId: string, as: string, text: string, more?: object): Promise<RoomMessage>
  add(roomId: string, as: string, email: string): Promise<void>
  /** Writes in the direct space of two people. */
  direct(as: string, to: string, text: string): Promise<{ readonly roomId: string }>
  /** What Webex says of somebody: `active`, `inactive`, `OutOfOffice` … */
  present(email: string, status: string): Promise<void>
  hooks(): Promise<readonly unknown[]>
  fault(...rules: object[]): Promise<void>
  noMoreFaults(): Promise<void>
  requests(): Promise<readonly { method: string; path: string; status: number }[]>
  expireTokens(): Promise<void>
}

/** @param base e.g. `http://127.0.0.1:3000/sandbox` */
export function staffAt(base: string): Staff {
  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${base}/api${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const rooms = async () => (await api<{ items: Room[] }>('GET', '/rooms')).items
  const room = (id: string) => api<RoomWhole>('GET', `/rooms/${id}`)
  return {
    rooms,
    room,
    async theRoom() {
      const [only, ...others] = await rooms()
      if (!only || others.length > 0)
        throw new Error(`${others.length + (only ? 1 : 0)} rooms where one was expected`)
      return room(only.id)
    },
    write: (roomId, as, text, more) => api('POST', `/rooms/${roomId}/messages`, { as, text, ...more }),
    add: (roomId, as, email) => api('POST', `/rooms/${roomId}/members`, { as, email }),
    direct: (as, to, text) => api('POST', '/direct', { as, to, text }),
    present: (email, status) => api('PUT', `/people/${email}`, { status }),
    hooks: async () => (await api<{ items: unknown[] }>('GET', '/webhooks')).items,
    fault: (...rules) => api('POST', '/faults', rules),
    noMoreFaults: () => api('DELETE', '/faults'),
    requests: async () =>
      (await api<{ items: { method: string; path: string; status: number }[] }>('GET', '/requests')).items,
    expireTokens: () => api('POST', '/tokens/expire', {}),
  }
}
