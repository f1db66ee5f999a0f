import { describe, expect, it } from 'vitest'
import { BEFORE, WITHIN } from '../support/states.ts'
import { visits } from '../support/visit.ts'

const at = visits()

/**
 * What assistive technology is told, from top to bottom: roles, names and states, without plain text and without whatever
 * only groups. The count in the bubble is in its name already. The bell stands beside the log and says nothing of a state, so it is left to its own test.
 */
async function outline(name: string): Promise<string[]> {
  await at.page.goto(at.api.origin)
  await [...BEFORE, ...WITHIN].find((view) => view.name === name)?.arrange(at.panel, at.api)
  const snapshot = await at.page.locator('frontroom-chat').ariaSnapshot()
  return snapshot
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^- /, '')
        .replace(/:( "\d+")?$/, ''),
    )
    .filter((line) => !/^(text:|paragraph|banner|\/url|button "Sound"|option )/.test(line))
}

const TOP = ['dialog "Chat"', 'heading "Chat" [level=2]']
const CHAT = ['button "End chat"', 'button "Minimise chat"']
const BUBBLE = 'button "Open chat" [expanded]'
const WRITE = ['textbox "Write a message…"', 'button "Send"', BUBBLE]
const LINK =
  'link "https://www.example.com/bikes/fjord/2026/a-very-long-address-that-has-to-break?somewhere=1"'

describe('what assistive technology is told', () => {
  it.each<[string, readonly string[]]>([
    ['bubble', ['button "Open chat"']],
    ['unread', ['button "Open chat, 2 unread"']],
    ['loading', [...TOP, 'button "Minimise chat"', 'status: Loading…', BUBBLE]],
    [
      'topics',
      [
        ...TOP,
        'button "Minimise chat"',
        'group "How can we help?"',
        'radio "Sales"',
        'radio "Repairs and spare parts"',
        'radio "Billing Opens Monday, November 23 at 8:00 AM" [disabled]',
        'button "Start chat" [disabled]',
        BUBBLE,
      ],
    ],
    [
      'form-errors',
      [
        ...TOP,
        'button "Minimise chat"',
        'group "How can we help?"',
        'radio "Sales"',
        'radio "Repairs and spare parts" [checked]',
        'radio "Billing Opens Monday, November 23 at 8:00 AM" [disabled]',
        'textbox "Your name" [invalid]',
        'textbox "E-mail" [invalid]: anna',
        'textbox "Telephone optional"',
        'combobox "Which bike is it about?" [invalid]',
        'textbox "What has happened? optional"',
        'checkbox "Write to me when it is ready optional"',
        'checkbox "I have read how my answers are kept and agree to the terms." [invalid]',
        'link "how my answers are kept"',
        'link "terms"',
        'button "Start chat"',
        BUBBLE,
      ],
    ],
    [
      'waiting',
      [...TOP, ...CHAT, 'status: We will be with you in a moment.', 'log "Conversation"', ...WRITE],
    ],
    [
      'choices',
      [
        ...TOP,
        ...CHAT,
        'status: You are chatting with our assistant.',
        'button "Talk to a person"',
        'log "Conversation"',
        'group "Suggested answers"',
        'button "The Fjord"',
        'button "The Hafen"',
        'button "Something else entirely"',
        ...WRITE,
      ],
    ],
    [
      'asking-to-end',
      [
        ...TOP,
        'button "Minimise chat"',
        'status: End this chat?',
        'button "End chat"',
        'button "Keep chatting"',
        'log "Conversation"',
        LINK,
        'link "https://www.example.com/hafen"',
        `textbox "Write a message…": ${'A story. '.repeat(8).trim()}`,
        'button "Send"',
        BUBBLE,
      ],
    ],
    [
      'ended',
      [
        ...TOP,
        'button "Minimise chat"',
        'status: Our team ended the chat.',
        'log "Conversation"',
        LINK,
        'link "https://www.example.com/hafen"',
        'button "Start a new chat"',
        BUBBLE,
      ],
    ],
  ])('%s', async (name, wanted) => {
    expect(await outline(name)).toEqual(wanted)
  })

  it('names who wrote each line, and its state, apart from its time', async () => {
    await outline('marks')
    const lines = await at.page
      .locator('frontroom-chat [part=message]')
      .evaluateAll((rows) => rows.map((row) => row.textContent?.replace(/\s+/g, ' ') ?? ''))
    expect(lines.length).toBe(4)
    for (const line of lines) expect(line).toMatch(/^You ?This one /)
    // Once for all that was written in the same minute, unless that has just turned.
    expect(lines.filter((line) => /\d:\d\d [AP]M /.test(line)).length).toBeLessThanOrEqual(2)
    expect(lines[3]).toMatch(/\d:\d\d [AP]M /)
    expect(lines[0]).toMatch(/Delivered/)
    expect(lines[1]).toMatch(/Not delivered/)
    expect(lines[2]).toMatch(/Not sent/)
  })

  it('ties each complaint to its field, and asks browsers to fill in what they know', async () => {
    await outline('form-errors')
    const fields = await at.page
      .locator('frontroom-chat :is(input:not([type=radio]), select, textarea)')
      .evaluateAll((all) =>
        all.map((field) => {
          const root = field.getRootNode() as ShadowRoot
          const ids = field.getAttribute('aria-describedby')?.split(' ') ?? []
          const said = ids.map((id) => root.getElementById(id)?.textContent ?? `no ${id}`).join('')
          return [field.getAttribute('autocomplete') ?? '', said]
        }),
      )
    const missing = 'Please fill this in.'
    expect(fields).toEqual([
      ['name', missing],
      ['email', 'Please enter an address like name@example.com.'],
      ['tel', ''],
      ['', missing],
      ['', ''],
      ['', ''],
      ['', missing],
    ])
    // The first wrong one is where one goes on.
    expect(await at.page.getByLabel('Your name').evaluate(isFocused)).toBe(true)
  })
})

const isFocused = (element: Element) => (element.getRootNode() as ShadowRoot).activeElement === element
