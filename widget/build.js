/**
 * Builds the two files of the widget: `loader.js` (the host page's script tag, a classic script) and
 * `chat.<hash>.js` (a module the loader imports; immutable, named by its content).
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
 * Writes `loader.js`, `chat.<hash>.js` and `manifest.json` (`{ loader, chat }`: the two names) into `outDir`, which is
 * made when missing. The loader is ASCII, as the host page may be in any encoding.
 * @param {string} outDir
 * @returns {Promise<{ loader: string, chat: string }>} the manifest
 */
export async function buildWidget(outDir) {
  const [loader, chat] = await Promise.all([
    bundle({ entryPoints: [join(here, 'loader.ts')], format: 'iife', target: 'es2020', charset: 'ascii' }),
    bundle({ entryPoints: [join(here, 'chat/main.ts')], format: 'esm', target: 'es2022', charset: 'utf8' }),
  ])
  const hash = createHash('sha256').update(chat).digest('hex').slice(0, 10)
  const manifest = { loader: 'loader.js', chat: `chat.${hash}.js` }
  await mkdir(outDir, { recursive: true })
  await writeFile(join(outDir, manifest.loader), loader)
  await writeFile(join(outDir, manifest.chat), chat)
  await writeFile(join(outDir, 'manifest.json'), `${JSON.stringify(manifest)}\n`)
  return manifest
}
