/**
 * Builds the files of the widget: `loader.js` (the host page's script tag, a classic script), `chat.<hash>.js` (a module the
 * loader imports) and `bot.<hash>.js` (a module the chat imports when a bot takes part). Modules are immutable, named by
 * their content.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))

/** Style sheets arrive in the code as minified text; esbuild's own text loader would keep the white space. */
const cssAsText = {
  name: 'css-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        charset: 'utf8',
      })
      return { contents: code.trim(), loader: 'text' }
    })
  },
}

/** @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  const result = await build({
    bundle: true,
    minify: true,
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [cssAsText],
    ...options,
  })
  return result.outputFiles[0].text
}

/**
 * @param {'chat' | 'bot'} name
 * @param {string} entry
 * @param {Record<string, string>} define what is put in the place of identifiers, as JSON
 */
async function module(name, entry, define = {}) {
  const entryPoints = [join(here, 'chat', entry)]
  const code = await bundle({ entryPoints, format: 'esm', target: 'es2022', charset: 'utf8', define })
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 10)
  return { file: `${name}.${hash}.js`, code }
}

/**
 * Writes `loader.js`, `chat.<hash>.js`, `bot.<hash>.js` and `manifest.json` (`{ loader, chat, bot }`: the names) into
 * `outDir`, which is made when missing. The loader is ASCII, as the host page may be in any encoding.
 * @param {string} outDir
 * @returns {Promise<{ loader: string, chat: string, bot: string }>} the manifest
 */
export async function buildWidget(outDir) {
  const bot = await module('bot', 'bot.ts')
  // The chat carries the bot's address, so another bot is another chat: each finds the one it was built with.
  const [loader, chat] = await Promise.all([
    bundle({ entryPoints: [join(here, 'loader.ts')], format: 'iife', target: 'es2020', charset: 'ascii' }),
    module('chat', 'main.ts', { __BOT__: JSON.stringify(`./${bot.file}`) }),
  ])
  const manifest = { loader: 'loader.js', chat: chat.file, bot: bot.file }
  await mkdir(outDir, { recursive: true })
  await writeFile(join(outDir, manifest.loader), loader)
  for (const { file, code } of [chat, bot]) await writeFile(join(outDir, file), code)
  await writeFile(join(outDir, 'manifest.json'), `${JSON.stringify(manifest)}\n`)
  return manifest
}
