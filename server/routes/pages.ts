/** Files for browsers: the widget, the demo page, the description of the API. A handful, held in memory. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import Router from '@koa/router'
import type { Context } from 'koa'
import { readableOn } from '../core/colour.ts'
import type { Settings } from '../core/settings.ts'
import { apiPage } from './api-page.ts'
import { isKnown } from './etag.ts'
import { openapi } from './openapi.ts'

export interface Pages {
  /** The folder that `npm run build` fills. */
  readonly assetsDir: string
  readonly version: string
  readonly settings: () => Settings | null
  /** The bubble's name by language. */
  readonly bubble: Readonly<Record<string, string>>
  /** Is there a room view to show beside the demo page? */
  readonly sandbox: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const PLAIN_LOOK = { accent: '#0b6e4f', position: 'right', logo: null } as const

export function pageRoutes(pages: Pages): Router {
  // Strict: `/demo` is not `/demo/`, where the page's relative addresses work.
  const router = new Router({ strict: true })
  const widgetDir = join(pages.assetsDir, 'widget')
  const manifest = JSON.parse(readFileSync(join(widgetDir, 'manifest.json'), 'utf8')) as {
    readonly loader: string
    readonly chat: string
  }
  const loader = readFileSync(join(widgetDir, manifest.loader), 'utf8')
  const demo = new Map(
    readdirSync(join(pages.assetsDir, 'demo')).map((name) => [
      name,
      readFileSync(join(pages.assetsDir, 'demo', name), 'utf8'),
    ]),
  )
  const api = openapi(pages.version)
  const description = JSON.stringify(api)
  const readable = apiPage(api)

  const send = (ctx: Context, type: string, body: string) => {
    ctx.type = type
    if (isKnown(ctx, body)) ctx.status = 304
    else ctx.body = body
  }
  /** Scripts for pages of any origin: they hold nothing secret and are loaded without credentials. */
  const forAnyPage = (ctx: Context) => {
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
  }

  router.get('/widget.js', (ctx) => {
    const { accent, position, logo } = pages.settings()?.look ?? PLAIN_LOOK
    // Every page of the host pays for what stands here.
    const settings = {
      chat: `/widget/${manifest.chat}`,
      look: { accent, onAccent: readableOn(accent), position, ...(logo && { logo }) },
      bubble: pages.bubble,
    }
    forAnyPage(ctx)
    ctx.set('Cache-Control', 'public, max-age=60')
    // A function as the replacement: a `$` in a title is no pattern.
    send(
      ctx,
      TYPES['.js'] ?? '',
      loader.replace('__FRONTROOM__', () => JSON.stringify(settings)),
    )
  })

  // For the editors of those who write host pages.
  const types = readFileSync(join(widgetDir, 'frontroom.d.ts'), 'utf8')
  router.get('/widget.d.ts', (ctx) => {
    forAnyPage(ctx)
    send(ctx, 'text/plain; charset=utf-8', types)
  })

  const { loader: _, ...modules } = manifest
  for (const name of Object.values(modules)) {
    const code = readFileSync(join(widgetDir, name), 'utf8')
    router.get(`/widget/${name}`, (ctx) => {
      forAnyPage(ctx)
      ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
      send(ctx, TYPES['.js'] ?? '', code)
    })
  }

  router.get('/openapi.json', (ctx) => {
    forAnyPage(ctx)
    send(ctx, 'application/json; charset=utf-8', description)
  })
  router.get('/api', (ctx) => ctx.redirect('/api/'))
  router.get('/api/', (ctx) => {
    ctx.set('Content-Security-Policy', readable.policy)
    send(ctx, TYPES['.html'] ?? '', readable.page)
  })

  router.get('/', (ctx) => ctx.redirect('/demo/'))
  router.get('/demo', (ctx) => ctx.redirect('/demo/'))
  router.get('/demo/mode.json', (ctx) => {
    ctx.body = { sandbox: pages.sandbox }
  })
  router.get('/demo/:file', (ctx) => demoFile(ctx, ctx.params.file ?? ''))
  router.get('/demo/', (ctx) => demoFile(ctx, 'index.html'))

  function demoFile(ctx: Context, name: string) {
    const body = demo.get(name)
    const type = TYPES[extname(name)]
    if (body === undefined || type === undefined) return
    ctx.set(
      'Content-Security-Policy',
      "default-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
    send(ctx, type, body)
  }
  return router
}
