import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Json } from './start.ts'
import { startSandbox } from './start.ts'

type Call = Json & { label: string }
interface FaultList {
  CALLS: Call[]
  GROUPS: { title: string; faults: { label: string; rule: (call: Call, ms: number) => Json }[] }[]
  describe: (rule: Json) => string
}

// A plain script of the room view, without types; the address keeps the compiler from asking for them.
const file = pathToFileURL(join(import.meta.dirname, '../../sandbox/view/fault-list.js')).href
const list = (await import(/* @vite-ignore */ file)) as FaultList
const buttons = list.GROUPS.flatMap((group) => group.faults)

describe('the panel of faults', () => {
  it('arms only what the sandbox accepts, and has words of its own for each', async () => {
    const { api } = await startSandbox()
    const rules = list.CALLS.flatMap((call) => buttons.map((button) => button.rule(call, 3000)))
    for (const rule of rules) expect((await api('POST', '/faults', rule)).status).toBe(200)
    const { items } = (await api<{ items: Json[] }>('GET', '/faults')).body
    expect(items).toHaveLength(rules.length)
    const one = items.slice(0, buttons.length).map(list.describe)
    expect(new Set(one).size).toBe(buttons.length)
    expect(one.join()).not.toMatch(/undefined|null|NaN/)
  })

  it.each([
    ['429 JSON', 'POST /messages: 429, Retry-After 2 s'],
    ['502, but done', 'POST /messages: 502 HTML, but done'],
    ['Timeout, done late', 'POST /messages: no answer, done 3000 ms after the caller is gone'],
    ['Messages lag', 'GET /messages: nothing younger than 3000 ms, until cleared'],
    ['Swap with the one after', 'webhook calls in reverse, within 3000 ms (2 ×)'],
  ])('says what "%s" armed', async (label, words) => {
    const { api } = await startSandbox()
    const [call] = list.CALLS
    const rule = call && buttons.find((button) => button.label === label)?.rule(call, 3000)
    const { items } = (await api<{ items: Json[] }>('POST', '/faults', rule)).body
    expect(items.map(list.describe)).toEqual([words])
  })

  it('finds everything it is made of', async () => {
    const { base } = await startSandbox()
    const page = await (await fetch(`${base}/`)).text()
    const script = await (await fetch(`${base}/faults.js`)).text()
    const ids = [...script.matchAll(/\$\('([^']+)'\)/g)].map((found) => found[1])
    expect(ids.length).toBeGreaterThan(5)
    for (const id of ids) expect(page).toContain(`id="${id}"`)
    for (const name of ['faults.css', 'fault-list.js']) {
      expect((await fetch(`${base}/${name}`)).status).toBe(200)
    }
  })
})
