import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Json } from './start.ts'
import { openRoom, startReceiver, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'

async function stateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'frontroom-sandbox-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the state file', () => {
  it('brings everything back after a restart: accounts, rooms, lines, people and webhooks that fire', async () => {
    const stateFile = join(await stateFolder(), 'deep', 'sandbox.json')
    const receiver = await startReceiver()
    const first = await startSandbox({ stateFile })
    const roomId = await openRoom(first, [ANNA])
    await first.api('PUT', `/people/${ANNA}`, { status: 'OutOfOffice' })
    const said = await first.rest<{ id: string }>('POST', '/messages', { roomId, text: 'Anna · 1\nhello' })
    const hook = { name: 'x', targetUrl: receiver.url, resource: 'messages', event: 'all' }
    const made = await first.rest('POST', '/webhooks', { ...hook, filter: `roomId=${roomId}` })
    const before = await first.api('GET', `/rooms/${roomId}`)
    await first.close()

    const second = await startSandbox({ stateFile })
    expect(second.sandbox.accounts).toEqual(first.sandbox.accounts)
    expect((await second.api('GET', `/rooms/${roomId}`)).body).toEqual(before.body)
    expect((await second.rest('GET', `/messages/${said.body.id}`)).body).toEqual(said.body)
    expect((await second.rest('GET', `/webhooks/${made.body.id}`)).body).toEqual(made.body)
    await second.api('POST', `/rooms/${roomId}/messages`, { as: ANNA, text: 'hi' })
    await expect.poll(() => receiver.calls.at(-1)?.json.data.personEmail).toBe(ANNA)
  })

  it('is written soon, without a close, and for its owner only', async () => {
    const folder = await stateFolder()
    const stateFile = join(folder, 'sandbox.json')
    const started = await startSandbox({ stateFile })
    const roomId = await openRoom(started)
    await expect.poll(() => readFile(stateFile, 'utf8').catch(() => '')).toContain(roomId)
    expect((await stat(stateFile)).mode & 0o077).toBe(0)
    await started.close()
    expect(await readdir(folder)).toEqual(['sandbox.json'])
  })

  it.each([
    ['no JSON', '{"version":1'],
    ['something else', '{"hello":1}'],
    ['null', 'null'],
    ['records that lack what they need', '{"version":1,"accounts":{},"people":[{}]}'],
  ])('that holds %s is moved aside and named in the log', async (_what, text) => {
    const folder = await stateFolder()
    const stateFile = join(folder, 'sandbox.json')
    await writeFile(stateFile, text)
    const started = await startSandbox({ stateFile })
    expect((await started.rest('GET', '/people/me')).status).toBe(200)
    const aside = (await readdir(folder)).find((name) => name.includes('.broken-'))
    expect(await readFile(join(folder, aside ?? ''), 'utf8')).toBe(text)
    expect(started.lines.join('\n')).toContain(stateFile)
  })

  it('with an expired integration token starts with a new one', async () => {
    const stateFile = join(await stateFolder(), 'sandbox.json')
    const first = await startSandbox({ stateFile })
    await first.api('POST', '/tokens/expire', {})
    await first.close()
    const second = await startSandbox({ stateFile })
    expect(second.sandbox.accounts.integrationToken).not.toBe(first.sandbox.accounts.integrationToken)
    expect((await second.rest<Json>('GET', '/people/me')).status).toBe(200)
  })
})
