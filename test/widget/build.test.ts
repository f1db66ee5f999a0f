import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../widget/build.js'
import { buildWidget } from '../../widget/build.js'
import { languages } from '../support/languages.ts'

const brotli = (text: string) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).byteLength

describe('the built widget', () => {
  let folder: string
  let names: Manifest
  let loader: string
  let modules: Record<Exclude<keyof Manifest, 'loader'>, string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frontroom-widget-'))
    names = await buildWidget(folder)
    const read = (name: string) => readFile(join(folder, name), 'utf8')
    loader = await read(names.loader)
    const { chat, begin, bot, beside } = names
    modules = {
      chat: await read(chat),
      begin: await read(begin),
      bot: await read(bot),
      beside: await read(beside),
    }
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is its files and their names, and the chat knows where the others lie', async () => {
    const { chat, begin, bot, beside } = names
    for (const name of ['chat', 'begin', 'bot', 'beside'] as const) {
      expect(names[name]).toMatch(new RegExp(`^${name}\\.[0-9a-f]{10}\\.js$`))
    }
    expect((await readdir(folder)).sort()).toEqual([
      begin,
      beside,
      bot,
      chat,
      'frontroom.d.ts',
      'loader.js',
      'manifest.json',
    ])
    for (const name of [begin, bot, beside]) expect(modules.chat).toContain(`"./${name}"`)
    expect(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))).toEqual(names)
  })

  it('keeps to its budgets, the loader with all that a server puts into it', () => {
    const settings = {
      chat: `/widget/${names.chat}`,
      look: { accent: '#0b6e4f', onAccent: '#ffffff', position: 'right' },
      // As of a site that speaks six languages.
      bubble: Object.fromEntries(
        ['ar', 'de', 'en', 'es', 'fr', 'pl'].map((lang) => [lang, languages.widget[lang]?.open]),
      ),
    }
    const served = loader.replace('__FRONTROOM__', () => JSON.stringify(settings))
    expect(brotli(served), 'loader').toBeLessThanOrEqual(1600)
    expect(brotli(modules.chat), 'chat').toBeLessThanOrEqual(8000)
    expect(brotli(modules.begin), 'begin').toBeLessThanOrEqual(3000)
    expect(brotli(modules.bot), 'bot').toBeLessThanOrEqual(1500)
    expect(brotli(modules.beside), 'beside').toBeLessThanOrEqual(2200)
  })

  it('leaves one place for the settings, as an expression', () => {
    expect(loader.split('__FRONTROOM__').length).toBe(2)
    expect(() => new Function(loader.replace('__FRONTROOM__', '{"chat":"/x.js"}'))).not.toThrow()
  })

  it('has a loader that is read alike in any encoding', () => {
    expect([...loader].every((char) => char.charCodeAt(0) < 128)).toBe(true)
  })

  it('has nothing that a strict content policy forbids', () => {
    for (const code of [loader, ...Object.values(modules)]) {
      expect(code).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|sendBeacon/,
      )
      expect(code).not.toMatch(/\bstyle=|createElement\("style"\)/)
    }
  })

  it('positions by logical properties only', () => {
    expect(loader + Object.values(modules).join('')).not.toMatch(
      /(?:[;{]|margin-|padding-|border-)(?:left|right|top|bottom|width|height):/,
    )
  })
})
