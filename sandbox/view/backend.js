/** Calls to the sandbox's own API, relative to the page so that any base path works. */

async function call(method, path, body) {
  const response = await fetch(`api${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.status === 204) return null
  const answer = await response.json().catch(() => ({}))
  if (!response.ok)
    throw Object.assign(new Error(answer.message ?? 'That did not work.'), { status: response.status })
  return answer
}

const at = (roomId, rest = '') => `/rooms/${encodeURIComponent(roomId)}${rest}`

export const backend = {
  rooms: async () => (await call('GET', '/rooms')).items,
  room: (roomId) => call('GET', at(roomId)),
  write: (roomId, as, text, parentId) => call('POST', at(roomId, '/messages'), { as, text, parentId }),
  direct: (as, to, text) => call('POST', '/direct', { as, to, text }),
  edit: (roomId, as, id, text) =>
    call('PUT', at(roomId, `/messages/${encodeURIComponent(id)}`), { as, text }),
  remove: (roomId, as, id) => call('DELETE', at(roomId, `/messages/${encodeURIComponent(id)}`), { as }),
  removeRoom: (roomId) => call('DELETE', at(roomId)),
  faults: async () => (await call('GET', '/faults')).items,
  arm: (rule) => call('POST', '/faults', rule),
  disarm: () => call('DELETE', '/faults'),
  switchOff: (webhookId) => call('POST', `/webhooks/${encodeURIComponent(webhookId)}/deactivate`, {}),
  expireTokens: () => call('POST', '/tokens/expire', {}),
  add: (roomId, as, email) => call('POST', at(roomId, '/members'), { as, email }),
}

/** Calls `changed` when something is new, also after the connection was lost and came back. */
export function listen(changed) {
  const events = new EventSource('api/events')
  events.addEventListener('open', changed)
  events.addEventListener('message', changed)
}
