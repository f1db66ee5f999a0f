/** Ten thousand open chats, none of them due: what a sweep costs every few seconds, and what writing all heartbeats does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suspects } from '../server/core/idle.ts'
import type { Engine } from '../server/store/database.ts'
import { createStore } from '../server/store/index.ts'

const CHATS = 10_000
const ROUNDS = 20

export async function benchSweep(engine: Engine, name: string): Promise<void> {
  const store = createStore(engine)
  try {
    await store.migrate()
    const now = Date.now()
    await store.tx(async (trx) => {
      for (let n = 0; n < CHATS; n++) {
        const session = { id: `s${n}`, lang: 'en', page: {}, parameters: {} }
        await store.sessions.create(trx, session, `h${n}`, now)
        const facts = {
          id: `c${n}`,
          ref: `C-${n}`,
          sessionId: session.id,
          topic: 'sales',
          channel: 'web',
          lang: 'en',
          name: 'Anna',
          email: null,
          fields: {},
          page: { url: 'https://www.example.com/' },
          ip: null,
          userAgent: 'Mozilla/5.0',
          mobile: false,
          place: null,
          consent: null,
          createdAt: now,
          people: [],
          firstTopic: 'sales',
        }
        await store.chats.create(trx, facts, now)
        await store.chats.roomStands(trx, facts.id, { id: `r${n}`, details: { ref: facts.ref } }, now)
      }
      await trx('chats').update({ state: 'live' })
    })
    const patience = {
      heartbeatMs: 300_000,
      visitorIdleMs: 900_000,
      botIdleMs: 86_400_000,
      remindMs: 180_000,
      tellMs: 300_000,
      called: () => [],
    }
    const samples: number[] = []
    for (let n = 0; n < ROUNDS; n++) {
      const began = performance.now()
      const found = await store.chats.listSuspects(store.db, suspects(patience, now + 1_000), 500, '')
      samples.push(performance.now() - began)
      if (found.length > 0) throw new Error('nobody is overdue here')
    }
    samples.sort((a, b) => a - b)
    const beats = new Map(Array.from({ length: CHATS }, (_, n) => [`c${n}`, now + n]))
    const began = performance.now()
    await store.chats.beat(store.db, beats)
    const flushed = performance.now() - began
    console.log(
      `${`${CHATS} open chats on ${name}`.padEnd(52)} sweep median ${samples[ROUNDS / 2]?.toFixed(1)} ms   heartbeats of all written in ${flushed.toFixed(0)} ms`,
    )
  } finally {
    await store.close()
  }
}

export async function benchSweeps(mysqlUrl: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'frontroom-bench-'))
  try {
    await benchSweep({ engine: 'sqlite', file: join(folder, 'sweep.db') }, 'SQLite')
    if (mysqlUrl) await benchSweep({ engine: 'mysql', url: mysqlUrl }, 'MySQL')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
