/** What can be armed, and how an armed rule reads. Nothing of the page is touched here. */

export const CALLS = [
  { label: 'Post a message', method: 'POST', path: '/messages' },
  { label: 'Open a room', method: 'POST', path: '/rooms' },
  { label: 'Add a person', method: 'POST', path: '/memberships' },
  { label: 'Create a webhook', method: 'POST', path: '/webhooks' },
  { label: 'Read messages', method: 'GET', path: '/messages' },
  { label: 'List rooms', method: 'GET', path: '/rooms' },
  { label: 'Delete a room', method: 'DELETE', path: '/rooms/*' },
  { label: 'Delete a webhook', method: 'DELETE', path: '/webhooks/*' },
  { label: 'Refresh the token', method: 'POST', path: '/access_token' },
  { label: 'Any call', method: '*', path: '/*' },
]

const answer =
  (status, more) =>
  ({ method, path }) => ({ method, path, answer: { status, ...more } })
const outcome =
  (fields) =>
  ({ method, path }) => ({ method, path, ...fields })

/** `rule(call, ms)`: `call` is one of `CALLS`, `ms` what the page's field says. */
export const GROUPS = [
  {
    title: 'The next such call',
    faults: [
      { label: '429 JSON', rule: answer(429, { retryAfter: 2 }) },
      { label: '429 HTML', rule: answer(429, { html: true, retryAfter: 2 }) },
      { label: '503, not done', rule: answer(503) },
      { label: '502, but done', rule: outcome({ answer: { status: 502, html: true }, effect: 'before' }) },
      { label: 'Timeout, not done', rule: outcome({ hang: true }) },
      { label: 'Timeout, but done', rule: outcome({ hang: true, effect: 'before' }) },
      {
        label: 'Timeout, done late',
        rule: ({ method, path }, lateMs) => ({ method, path, hang: true, effect: 'late', lateMs }),
      },
      { label: 'Reset, not done', rule: outcome({ reset: true }) },
      { label: 'Reset, but done', rule: outcome({ reset: true, effect: 'before' }) },
    ],
  },
  {
    title: 'Lists, until cleared',
    faults: [
      { label: 'Messages lag', rule: (_call, lag) => ({ lag, path: '/messages' }) },
      { label: 'Rooms lag', rule: (_call, lag) => ({ lag, path: '/rooms' }) },
    ],
  },
  {
    title: 'The next webhook call',
    faults: [
      { label: 'Drop', rule: () => ({ webhook: 'drop' }) },
      { label: 'Duplicate', rule: () => ({ webhook: 'duplicate' }) },
      { label: 'Delay', rule: (_call, ms) => ({ webhook: 'delay', ms }) },
      { label: 'Swap with the one after', rule: (_call, ms) => ({ webhook: 'shuffle', ms }) },
    ],
  },
]

function hookWords(rule) {
  if (rule.webhook === 'delay') return `webhook call delayed by ${rule.ms} ms`
  if (rule.webhook === 'shuffle') return `webhook calls in reverse, within ${rule.ms} ms`
  return rule.webhook === 'drop' ? 'webhook call dropped' : 'webhook call sent twice'
}

function callWords(rule) {
  const { answer: given, effect, lateMs } = rule
  const words = []
  if (given) words.push(`${given.status}${given.html ? ' HTML' : ''}`)
  if (given?.retryAfter !== undefined) words.push(`Retry-After ${given.retryAfter} s`)
  if (rule.hang) words.push('no answer')
  if (rule.reset) words.push('connection reset')
  if (effect === 'before') words.push('but done')
  if (effect === 'late') words.push(`done ${lateMs} ms after the caller is gone`)
  else if (lateMs > 0) words.push(`${lateMs} ms late`)
  return `${rule.method} ${rule.path}: ${words.join(', ')}`
}

/** One armed rule, as the API lists it, in words. */
export function describe(rule) {
  const many = rule.times === null ? ', until cleared' : rule.times > 1 ? ` (${rule.times} ×)` : ''
  if (rule.webhook !== undefined) return hookWords(rule) + many
  if (rule.lag === undefined) return callWords(rule) + many
  const lists = rule.path === '*' ? 'lists' : `GET ${rule.path}`
  return `${lists}: nothing younger than ${rule.lag} ms${many}`
}
