/**
 * Builds the files of the widget: `loader.js` (the host page's script tag, a classic script), `chat.<hash>.js` (a module the
 * loader imports), and three that the chat imports: `begin.<hash>.js` where there is no chat yet, `bot.<hash>.js` when a bot
 * takes part, `beside.<hash>.js` when a chat is under way. Modules are immutable, named by their content.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import { minify } from 'terser'

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

/**
 * Almost every function is called as soon as its file is there. So told, Chromium compiles them all while the file comes
 * in, beside the page's work and not in it (V8's explicit compile hints; others read a comment).
 */
const banner = '//# allFunctionsCalledOnLoad\n'

/**
 * esbuild puts the files together, terser makes them small: that is 3 % smaller than esbuild alone does.
 * @param {import('esbuild').BuildOptions & { format: 'esm' | 'iife' }} options
 */
async function bundle(options) {
  const result = await build({
    bundle: true,
    write: false,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [cssAsText],
    // The project's own would have every script say "use strict", which modules are anyway.
    tsconfigRaw: { compilerOptions: { target: 'es2022' } },
    ...options,
  })
  const { code } = await minify(result.outputFiles[0].text, {
    ecma: 2020,
    module: options.format === 'esm',
    compress: { passes: 3 },
    // The host page may be in any encoding.
    format: { ascii_only: options.format === 'iife' },
  })
  return banner + (code ?? '')
}

/**
 * @param {'chat' | 'begin' | 'bot' | 'beside'} name
 * @param {string} entry
 * @param {Record<string, string>} define what is put in the place of identifiers, as JSON
 */
async function module(name, entry, define = {}) {
  const entryPoints = [join(here, 'chat', entry)]
  const code = await bundle({ entryPoints, format: 'esm', define })
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 10)
  return { file: `${name}.${hash}.js`, code }
}

/**
 * Writes `loader.js`, the four modules, the host API's types and `manifest.json` (names of the scripts) into `outDir`,
 * which is made when missing. The loader is ASCII, as the host page may be in any encoding.
 * @param {string} outDir
 * @returns {Promise<import('./build.js').Manifest>}
 */
export async function buildWidget(outDir) {
  const [begin, bot, beside] = await Promise.all([
    module('begin', 'begin.ts'),
    module('bot', 'bot.ts'),
    module('beside', 'beside.ts'),
  ])
  // The chat carries their addresses, so another bot is another chat: each finds the one it was built with.
  const define = {
    __BEGIN__: JSON.stringify(`./${begin.file}`),
    __BOT__: JSON.stringify(`./${bot.file}`),
    __BESIDE__: JSON.stringify(`./${beside.file}`),
  }
  const [loader, chat] = await Promise.all([
    bundle({ entryPoints: [join(here, 'loader.ts')], format: 'iife' }),
    module('chat', 'main.ts', define),
  ])
  const manifest = {
    loader: 'loader.js',
    chat: chat.file,
    begin: begin.file,
    bot: bot.file,
    beside: beside.file,
  }
  await mkdir(outDir, { recursive: true })
  await writeFile(join(outDir, manifest.loader), loader)
  for (const { file, code } of [chat, begin, bot, beside]) await writeFile(join(outDir, file), code)
  await copyFile(join(here, 'frontroom.d.ts'), join(outDir, 'frontroom.d.ts'))
  await writeFile(join(outDir, 'manifest.json'), `${JSON.stringify(manifest)}\n`)
  return manifest
}
