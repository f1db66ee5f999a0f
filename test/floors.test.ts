import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where a file stands: the first pattern that fits. */
const FLOORS: readonly [pattern: RegExp, floor: Floor][] = [
  [/^server\/core\//, 'core'],
  [/^server\/ports\.ts$/, 'ports'],
  [/^server\/(?:settings\/|(?:config|config-rules|texts)\.ts$)/, 'readers'],
  [/^(?:server\/store|migrations)\//, 'store'],
  [/^server\/chat\//, 'chat'],
  [/^server\/routes\//, 'routes'],
  [/^server\/jobs\//, 'jobs'],
  [/^server\/webex\//, 'webex'],
  [/^server\/dialogflow\//, 'dialogflow'],
  [/^server\/local-bot\//, 'local-bot'],
  [/^server\/http-bot\//, 'http-bot'],
  [/^server\/channels\//, 'channels'],
  [/^server\/(?:geo|geo-worker|continents)\.ts$/, 'geo'],
  [/^server\/main\.ts$/, 'main'],
  [/^server\/app\.ts$/, 'app'],
  [/^server\//, 'top'],
  [/^sandbox\//, 'sandbox'],
  [/^widget\//, 'widget'],
]

type Floor = keyof typeof RULES

interface Rule {
  /** Floors it may import from, beside its own. */
  readonly uses: readonly string[]
  /** Floors whose types it may name, which leaves nothing of them in the running code. */
  readonly types?: readonly string[]
  /** No packages and nothing of Node: `core` and `ports` are pure, the widget runs in a browser. */
  readonly bare?: boolean
}

const LOWER = ['core', 'ports']
const BELOW_TOP = [
  ...LOWER,
  'readers',
  'store',
  'chat',
  'routes',
  'jobs',
  'webex',
  'dialogflow',
  'local-bot',
  'http-bot',
  'channels',
  'geo',
]

const RULES = {
  core: { uses: [], bare: true },
  ports: { uses: ['core'], bare: true },
  readers: { uses: LOWER },
  store: { uses: LOWER },
  // The store comes to it as an injected dependency.
  chat: { uses: LOWER, types: ['store'] },
  routes: { uses: [...LOWER, 'chat'], types: ['readers'] },
  jobs: { uses: [...LOWER, 'chat'], types: ['readers'] },
  webex: { uses: LOWER },
  dialogflow: { uses: LOWER },
  'local-bot': { uses: LOWER },
  'http-bot': { uses: LOWER },
  channels: { uses: LOWER },
  geo: { uses: LOWER },
  top: { uses: [...BELOW_TOP, 'sandbox'] },
  app: { uses: [...BELOW_TOP, 'top', 'sandbox'] },
  main: { uses: [...BELOW_TOP, 'top', 'app', 'sandbox'] },
  // The brain of the built-in bot also stands behind the sandbox's Dialogflow.
  sandbox: { uses: ['local-bot'] },
  widget: { uses: [], types: ['core'], bare: true },
} as const satisfies Record<string, Rule>

/** Packages with one home: a file elsewhere goes through the floor that owns them. */
const HOMES: readonly { packages: readonly string[]; home: RegExp; alsoTypes?: RegExp }[] = [
  { packages: ['koa', '@koa/router'], home: /^server\/(?:routes\/|app\.ts$)/ },
  // A use case holds the transaction that its store functions take, and needs a word for it.
  { packages: ['knex'], home: /^(?:server\/store|migrations)\//, alsoTypes: /^server\/chat\// },
  { packages: ['libsql', 'mysql2'], home: /^server\/store\// },
  { packages: ['geoip-lite', 'cldr-subdivisions-full'], home: /^server\/geo-worker\.ts$/ },
  { packages: ['webex-node-bot-framework'], home: /^server\/webex\// },
  { packages: ['@google-cloud/dialogflow'], home: /^(?:server|sandbox)\/dialogflow\// },
  { packages: ['node-cron'], home: /^server\/(?:jobs\/|app\.ts$)/ },
]

/** What makes a rule depend on when or where it runs. */
const IMPURE = /^(?:process|fetch|crypto|console|performance|set(?:Timeout|Interval|Immediate))$/

interface Import {
  readonly from: string
  readonly typeOnly: boolean
  readonly line: number
}

function parse(path: string, code: string): { imports: Import[]; impure: string[] } {
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const impure: string[] = []
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart()).line + 1
  const add = (from: ts.Node | undefined, typeOnly: boolean) => {
    if (from && ts.isStringLiteralLike(from)) imports.push({ from: from.text, typeOnly, line: lineOf(from) })
  }
  const isImpure = (node: ts.Node): boolean => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      const isMember =
        (ts.isPropertyAccessExpression(parent) ||
          ts.isPropertyAssignment(parent) ||
          ts.isPropertySignature(parent)) &&
        parent.name === node
      return IMPURE.test(node.text) && !isMember
    }
    if (ts.isPropertyAccessExpression(node)) return /^(?:Date\.now|Math\.random)$/.test(node.getText())
    return ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length
  }
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      const named = clause?.namedBindings
      const eachIsType =
        !clause?.name && !!named && ts.isNamedImports(named) && named.elements.every((one) => one.isTypeOnly)
      add(node.moduleSpecifier, clause?.isTypeOnly === true || (clause !== undefined && eachIsType))
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true)
    else if (ts.isCallExpression(node)) {
      const called = node.expression
      if (
        called.kind === ts.SyntaxKind.ImportKeyword ||
        /^(?:require|createRequire)\b/.test(called.getText())
      )
        add(node.arguments[0], false)
    }
    if (isImpure(node)) impure.push(`${path}:${lineOf(node)} is not pure: ${node.getText()}`)
    ts.forEachChild(node, walk)
  }
  walk(file)
  return { imports, impure }
}

const floorOf = (path: string): Floor | undefined => FLOORS.find(([pattern]) => pattern.test(path))?.[1]
const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')

/** Everything wrong with one file, as sentences; `path` is relative to the root of the project. */
function mistakesIn(path: string, code: string): string[] {
  const floor = floorOf(path)
  if (!floor) return [`${path} stands on no floor; give it one in FLOORS`]
  const rule: Rule = RULES[floor]
  const { imports, impure } = parse(path, code)
  const mistakes = imports.flatMap(({ from, typeOnly, line }): string[] => {
    const wrong = (why: string) => [`${path}:${line} imports ${from}: ${why}`]
    if (isBuiltin(from)) return rule.bare ? wrong(`${floor} needs nothing of Node`) : []
    if (!from.startsWith('.')) {
      const owner = HOMES.find(({ packages }) => packages.includes(packageOf(from)))
      if (rule.bare) return wrong(`${floor} needs no package`)
      if (!owner || owner.home.test(path) || (typeOnly && owner.alsoTypes?.test(path))) return []
      return wrong(`${packageOf(from)} belongs to ${owner.home.source}`)
    }
    const target = posix.join(posix.dirname(path), from)
    if (!/\.[cm]?ts$/.test(target)) return []
    const below = floorOf(target)
    if (!below) return wrong('that is outside the floors')
    if (below === floor || rule.uses.includes(below)) return []
    if (rule.types?.includes(below))
      return typeOnly ? [] : wrong(`${floor} may take only types from ${below}`)
    return wrong(`${floor} must not know ${below}`)
  })
  return floor === 'core' ? [...mistakes, ...impure] : mistakes
}

const files = ['server', 'migrations', 'sandbox', 'widget'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/'))),
)

describe('the floors', () => {
  it('hold: no file imports from above', () => {
    expect(files.length).toBeGreaterThan(10)
    expect(files.flatMap((path) => mistakesIn(path, readFileSync(`${root}${path}`, 'utf8')))).toEqual([])
  })

  it.each<[path: string, code: string, why: RegExp]>([
    ['server/core/a.ts', "import { b } from '../ports.ts'", /core must not know ports/],
    ['server/core/a.ts', "import type { b } from '../chat/b.ts'", /core must not know chat/],
    ['server/core/a.ts', "import { z } from 'zod'", /core needs no package/],
    ['server/core/a.ts', "import { isIP } from 'node:net'", /core needs nothing of Node/],
    ['server/core/a.ts', "import fs from 'fs'", /core needs nothing of Node/],
    ['server/core/a.ts', 'const now = () => Date.now()', /not pure: Date\.now/],
    ['server/core/a.ts', 'const today = new Date()', /not pure: new Date\(\)/],
    ['server/core/a.ts', 'const home = process.env.HOME', /not pure: process/],
    ['server/ports.ts', "export type { B } from './chat/b.ts'", /ports must not know chat/],
    ['server/chat/a.ts', "import { save } from '../store/chats.ts'", /only types from store/],
    ['server/chat/a.ts', "import { type Row, save } from '../store/chats.ts'", /only types from store/],
    ['server/chat/a.ts', "import '../store/chats.ts'", /only types from store/],
    ['server/chat/a.ts', "const b = await import('../routes/b.ts')", /chat must not know routes/],
    ['server/chat/a.ts', "let b: import('../webex/desk.ts').Desk", /chat must not know webex/],
    ['server/chat/a.ts', "import { knex } from 'knex'", /knex belongs to/],
    ['server/chat/a.ts', "import type Koa from 'koa'", /koa belongs to/],
    ['server/webex/a.ts', "import { b } from '../chat/b.ts'", /webex must not know chat/],
    ['server/webex/a.ts', "import { b } from '../store/b.ts'", /webex must not know store/],
    ['server/webex/a.ts', "import { b } from '../dialogflow/b.ts'", /webex must not know dialogflow/],
    ['server/store/a.ts', "export * from '../chat/b.ts'", /store must not know chat/],
    ['server/routes/a.ts', "import { b } from '../webex/b.ts'", /routes must not know webex/],
    ['server/routes/a.ts', "import { readConfig } from '../config.ts'", /only types from readers/],
    ['server/routes/a/b.ts', "import { b } from '../../store/b.ts'", /routes must not know store/],
    ['server/jobs/a.ts', "import { b } from '../routes/b.ts'", /jobs must not know routes/],
    ['server/jobs/a.ts', "import { createApp } from '../app.ts'", /jobs must not know app/],
    ['server/geo.ts', "import geoip from 'geoip-lite'", /geoip-lite belongs to/],
    ['server/geo.ts', "createRequire(import.meta.url)('cldr-subdivisions-full/x.json')", /belongs to/],
    ['server/log.ts', "import { createApp } from './app.ts'", /top must not know app/],
    ['server/app.ts', "import { b } from './main.ts'", /app must not know main/],
    ['sandbox/a.ts', "import { b } from '../server/webex/client.ts'", /sandbox must not know webex/],
    ['widget/a.ts', "import { b } from '../server/core/text.ts'", /only types from core/],
    ['widget/a.ts', "import { b } from '../test/b.ts'", /outside the floors/],
    ['attic/a.ts', '', /stands on no floor/],
  ])('%s may not say: %s', (path, code, why) => {
    expect(mistakesIn(path, code)).toEqual([expect.stringMatching(why)])
  })

  it.each([
    ['server/core/a.ts', "import { b } from './b.ts'; new Date(5); const at = { process: 1 }"],
    ['server/chat/a.ts', "import type { Row } from '../store/chats.ts'; import type { Knex } from 'knex'"],
    ['server/chat/a.ts', "import { type Row } from '../store/chats.ts'; import { b } from '../core/b.ts'"],
    [
      'server/routes/a.ts',
      "import Koa from 'koa'; import { b } from '../chat/b.ts'; import type { C } from '../config.ts'",
    ],
    ['server/main.ts', "import { createApp } from './app.ts'"],
    ['widget/a.ts', "import type { E } from '../server/core/events.ts'; import './a.css'"],
  ])('%s may say: %s', (path, code) => {
    expect(mistakesIn(path, code)).toEqual([])
  })
})
