/** Every state a visitor can see the widget in, and how it comes about. */
import { expect } from 'vitest'
import type { Panel } from './panel.ts'
import type { VisitorApi } from './visitor-api.ts'

export interface View {
  readonly name: string
  /** From a page that was just loaded. When it gives a function, that is called once the state was looked at. */
  arrange(panel: Panel, api: VisitorApi): Promise<unknown>
}

const view = (name: string, arrange: View['arrange']): View => ({ name, arrange })

/** Holds the next answer to `what` back, until the returned function is called. */
function hold(api: VisitorApi, what: string): () => void {
  let release = () => {}
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  api.answer(what, null, until)
  return release
}

const FIELDS = [
  { id: 'name', type: 'text', required: true, label: 'Your name' },
  { id: 'email', type: 'email', required: true, label: 'E-mail' },
  { id: 'phone', type: 'tel', required: false, label: 'Telephone' },
  {
    id: 'bike',
    type: 'select',
    required: true,
    label: 'Which bike is it about?',
    options: [
      { value: 'fjord', label: 'Fjord' },
      { value: 'hafen', label: 'Hafen' },
    ],
  },
  { id: 'story', type: 'textarea', required: false, label: 'What has happened?' },
  { id: 'news', type: 'checkbox', required: false, label: 'Write to me when it is ready' },
  {
    id: 'terms',
    type: 'consent',
    required: true,
    version: '2026-11',
    label:
      'I have read [how my answers are kept](https://www.example.com/privacy) and agree to the [terms](https://www.example.com/terms).',
  },
]

const TOPICS = [
  { id: 'sales', title: 'Sales', open: true, form: { fields: [] } },
  { id: 'repair', title: 'Repairs and spare parts', open: true, form: { fields: FIELDS } },
  { id: 'billing', title: 'Billing', open: false, opensAt: '2026-11-23T08:00:00Z', form: { fields: [] } },
]

async function fillIn(panel: Panel, api: VisitorApi): Promise<void> {
  api.configure({ topics: TOPICS })
  await panel.open()
  await panel.page.getByRole('radio', { name: 'Repairs' }).check()
  await panel.page.getByLabel('Your name').waitFor()
}

/** Before there is a chat. */
export const BEFORE: readonly View[] = [
  view('bubble', (panel) => panel.bubble.waitFor()),
  view('loading', async (panel, api) => {
    const release = hold(api, 'GET /config')
    await panel.open()
    return release
  }),
  view('error', async (panel, api) => {
    api.answer('GET /config', [503])
    await panel.open()
    await panel.part('retry').waitFor()
  }),
  view('topics', async (panel, api) => {
    api.configure({ topics: TOPICS })
    await panel.open()
    await panel.page.getByRole('radio', { name: 'Sales' }).waitFor()
  }),
  view('form', fillIn),
  view('form-end', async (panel, api) => {
    await fillIn(panel, api)
    await panel.page.getByLabel('Which bike').selectOption('hafen')
    await panel.page.getByRole('checkbox', { name: /agree/ }).check()
    await panel.part('start').scrollIntoViewIfNeeded()
  }),
  view('form-errors', async (panel, api) => {
    await fillIn(panel, api)
    await panel.page.getByLabel('E-mail').fill('anna')
    await panel.part('start').click()
    await panel.page.locator('frontroom-chat [aria-invalid=true]').first().waitFor()
  }),
  view('start-failed', async (panel, api) => {
    api.answer('POST /chats', [503])
    await panel.open()
    await panel.part('start').click()
    await panel.status.filter({ hasText: /./ }).waitFor()
  }),
  view('starting', async (panel, api) => {
    const release = hold(api, 'POST /chats')
    await panel.open()
    await panel.part('start').click()
    await panel.part('start').and(panel.page.locator('[aria-disabled]')).waitFor()
    return release
  }),
  view('closed-hours', async (panel, api) => {
    api.configure({
      open: { open: false, reason: 'holiday', name: 'Christmas Day', opensAt: '2026-12-27T08:00:00Z' },
      topics: TOPICS.map((topic) => ({ ...topic, open: false })),
    })
    await panel.open()
    await panel.page.getByText('Christmas Day').waitFor()
  }),
]

const LONG = 'https://www.example.com/bikes/fjord/2026/a-very-long-address-that-has-to-break?somewhere=1'

async function talk(panel: Panel, api: VisitorApi): Promise<void> {
  api.become('live')
  await panel.start()
  api.say('system', 'You are now talking to: Sales.')
  api.say('bot', 'Good evening! I am the assistant.')
  await panel.shows('Good evening! I am the assistant.')
  await panel.write('Hello, where do I find the Fjord?')
  await panel.shows('Hello, where do I find the Fjord?')
  api.say('agent', `Here: ${LONG}`)
  await panel.log.getByRole('link').waitFor()
  await panel.write('And https://www.example.com/hafen?')
  await panel.log.getByRole('link').nth(1).waitFor()
}

/** While there is one, and after it. */
export const WITHIN: readonly View[] = [
  view('conversation', async (panel, api) => {
    await talk(panel, api)
    api.say('agent', 'It costs 1,980.')
    api.say('agent', 'That was meant for a colleague.')
    await panel.shows('That was meant for a colleague.')
    api.tell('edited', 'It costs 1,980.', 'It costs 1,890.')
    api.tell('deleted', 'That was meant for a colleague.')
    await panel.shows('It costs 1,890.')
  }),
  view('marks', async (panel, api) => {
    api.become('live')
    await panel.start()
    await panel.write('This one is there')
    await panel.write('This one will never be')
    await expect.poll(() => api.lines.length).toBe(2)
    api.tell('delivered', 'This one is there')
    api.tell('failed', 'This one will never be')
    api.answer('POST /chats/c1/messages', [413, { code: 'payload_too_large' }])
    await panel.write('This one was refused')
    await panel.log.getByRole('button', { name: 'Try again' }).waitFor()
    const release = hold(api, 'POST /chats/c1/messages')
    await panel.write('This one is on its way')
    return release
  }),
  view('unread', async (panel, api) => {
    api.become('live')
    await panel.start()
    await panel.part('minimise').click()
    api.say('agent', 'Are you there?')
    api.say('agent', 'I found one in green.')
    await panel.page.getByRole('button', { name: /2 unread/ }).waitFor()
  }),
  view('new-lines', async (panel, api) => {
    api.become('live')
    await panel.start()
    api.say('agent', 'Hello, this is Anna.')
    await panel.shows('Hello, this is Anna.')
    await panel.part('minimise').click()
    api.say('agent', 'Are you there?')
    await panel.page.getByRole('button', { name: /1 unread/ }).waitFor()
    await panel.open()
    await panel.page.locator('frontroom-chat [data-new]').waitFor()
  }),
  view('choices', async (panel, api) => {
    await panel.start()
    api.say('bot', 'Which bike is it about?', ['The Fjord', 'The Hafen', 'Something else entirely'])
    await panel.part('choice').first().waitFor()
    await panel.part('person').waitFor()
  }),
  view('waiting', async (panel, api) => {
    api.become('waiting')
    await panel.start()
    await panel.status.filter({ hasText: /moment/ }).waitFor()
  }),
  view('idle-warning', async (panel, api) => {
    await talk(panel, api)
    api.warn(new Date(Date.now() + 60_000).toISOString())
    await panel.part('here').waitFor()
  }),
  view('asking-to-end', async (panel, api) => {
    await talk(panel, api)
    await panel.box.fill('A story.\n'.repeat(8))
    await panel.part('end').click()
    await panel.part('confirm-end').waitFor()
  }),
  view('offline', async (panel, api) => {
    await talk(panel, api)
    api.down(true)
    await panel.status.filter({ hasText: /connection/i }).waitFor()
    await panel.write('Can you still hear me?')
    await panel.shows('Can you still hear me?')
    return () => api.down(false)
  }),
  view('chars-left', async (panel, api) => {
    api.become('live')
    await panel.start()
    await panel.box.fill(`${'A long story. '.repeat(270)}`)
    await panel.page.getByText(/characters left/i).waitFor()
  }),
  view('chars-over', async (panel, api) => {
    api.become('live')
    await panel.start()
    await panel.box.fill('x'.repeat(4010))
    await panel.page.locator('frontroom-chat textarea[aria-invalid=true]').waitFor()
  }),
  view('sound-on', async (panel, api) => {
    await talk(panel, api)
    await panel.part('sound').click()
    await panel.part('sound').and(panel.page.locator('[aria-pressed=true]')).waitFor()
  }),
  view('ended', async (panel, api) => {
    await talk(panel, api)
    api.become('closed', 'agent_closed')
    await panel.part('again').waitFor()
  }),
]
