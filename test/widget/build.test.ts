import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildWidget } from '../../widget/build.js'

const brotli = (text: string) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).byteLength

describe('the built widget', () => {
  let folder: string
  let files: { loader: string; chat: string; bot: string }
  let loader: string
  let chat: string
  let bot: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frontroom-widget-'))
    files = await buildWidget(folder)
    loader = await readFile(join(folder, files.loader), 'utf8')
    chat = await readFile(join(folder, files.chat), 'utf8')
    bot = await readFile(join(folder, files.bot), 'utf8')
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is three files and their names, and the chat knows where the bot’s part lies', async () => {
    expect(files.chat).toMatch(/^chat\.[0-9a-f]{10}\.js$/)
    expect(files.bot).toMatch(/^bot\.[0-9a-f]{10}\.js$/)
    expect((await readdir(folder)).sort()).toEqual([files.bot, files.chat, 'loader.js', 'manifest.json'])
    expect(chat).toContain(`"./${files.bot}"`)
    expect(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))).toEqual(files)
  })

  it('keeps to its budgets', () => {
    expect(brotli(loader), 'loader').toBeLessThanOrEqual(2000)
    expect(brotli(chat), 'chat').toBeLessThanOrEqual(8000)
    expect(brotli(bot), 'bot').toBeLessThanOrEqual(1500)
  })

  it('has nothing of the bot’s part where no bot is', () => {
    expect(chat).not.toContain('Talk to a person')
    expect(bot).toContain('Talk to a person')
  })

  it('leaves one place for the settings, as an expression', () => {
    expect(loader.split('__FRONTROOM__').length).toBe(2)
    expect(() => new Function(loader.replace('__FRONTROOM__', '{"chat":"/x.js"}'))).not.toThrow()
  })

  it('has a loader that is read alike in any encoding', () => {
    expect([...loader].every((char) => char.charCodeAt(0) < 128)).toBe(true)
  })

  it('carries English only, and nothing that a strict content policy forbids', () => {
    expect(chat).toContain('End chat')
    expect(chat + bot).not.toMatch(/Rozpocznij|Porozmawiaj/)
    for (const code of [loader, chat, bot]) {
      expect(code).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|sendBeacon/,
      )
      expect(code).not.toMatch(/\bstyle=|createElement\("style"\)/)
    }
  })

  it('positions by logical properties only', () => {
    expect(loader + chat + bot).not.toMatch(
      /(?:[;{]|margin-|padding-|border-)(?:left|right|top|bottom|width|height):/,
    )
  })
})
