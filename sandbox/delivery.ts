import { createHmac } from 'node:crypto'
import type { Webhook } from './data.ts'
import type { WorldEvent } from './events.ts'
import { isLoopbackName } from './http.ts'
import type { HookFault } from './rules.ts'
import { createWaits } from './waits.ts'
import type { World } from './world.ts'

const TIMEOUT_MS = 5000
const WINDOW_MS = 5 * 60_000
const MAX_FAILURES = 100
const MAX_QUEUED = 1000
const CLOSE_MS = 2000

function fits(webhook: Webhook, event: WorldEvent, ownerId: string): boolean {
  if (webhook.resource !== 'all' && webhook.resource !== event.resource) return false
  if (webhook.event !== 'all' && webhook.event !== event.event) return false
  for (const [key, value] of new URLSearchParams(webhook.filter ?? '')) {
    const fact = event.facts[key]
    const wanted = value === 'me' ? ownerId : key === 'personEmail' ? value.toLowerCase() : value
    if (Array.isArray(fact) ? !fact.includes(wanted) : fact !== wanted) return false
  }
  return true
}

/**
 * Calls webhooks the way Webex does: later, in order per webhook, once, without a second try; a hundred failures within five
 * minutes switch a webhook off. Only this machine is ever called.
 */
export function createDelivery(options: {
  world: () => World
  /** A fault for the next delivery, if one is set. */
  fault: () => HookFault | null
  now: () => number
  log: (line: string) => void
}) {
  const { fault, now, log } = options
  const queues = new Map<string, Promise<void>>()
  const queued = new Map<string, number>()
  const failures = new Map<string, number[]>()
  /** Switched on again within five minutes of being switched off: one failure is enough. */
  const onProbation = new Set<string>()
  const told = new Set<string>()
  const inFlight = new Set<Promise<void>>()
  const stop = new AbortController()
  const waits = createWaits()
  /** Deliveries of a shuffle under way; null when there is none. */
  let gathered: (() => void)[] | null = null

  function failed(webhook: Webhook): void {
    const recent = (failures.get(webhook.id) ?? []).filter((at) => at > now() - WINDOW_MS)
    recent.push(now())
    failures.set(webhook.id, recent)
    if (recent.length < MAX_FAILURES && !onProbation.has(webhook.id)) return
    switchOff(webhook)
    log(`sandbox: webhook "${webhook.name}" was switched off after too many failures`)
  }

  function switchOff(webhook: Webhook): void {
    webhook.status = 'inactive'
    webhook.disabledAt = now()
    failures.delete(webhook.id)
    onProbation.delete(webhook.id)
    options.world().changed()
  }

  async function call(webhook: Webhook, body: Buffer): Promise<void> {
    const target = new URL(webhook.targetUrl)
    if (!isLoopbackName(target.hostname)) {
      if (!told.has(target.origin)) {
        told.add(target.origin)
        log(`sandbox: webhooks to ${target.origin} are not called: the sandbox calls this machine only`)
      }
      failed(webhook)
      return
    }
    const signature = webhook.secret
      ? { 'x-spark-signature': createHmac('sha1', webhook.secret).update(body).digest('hex') }
      : {}
    try {
      const response = await fetch(target, {
        method: 'POST',
        // A redirect could lead off this machine; Webex does not follow any either.
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...signature },
        body: new Uint8Array(body),
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.arrayBuffer()
      if (response.ok) onProbation.delete(webhook.id)
      else failed(webhook)
    } catch {
      if (!stop.signal.aborted) failed(webhook)
    }
  }

  async function callIfActive(webhookId: string, body: Buffer): Promise<void> {
    // Read again: in the queue's time the webhook may have been deleted, moved or switched off.
    const webhook = options.world().webhooks.get(webhookId)
    if (webhook?.status === 'active' && !stop.signal.aborted) await call(webhook, body)
  }

  async function deliver(webhook: Webhook, body: Buffer): Promise<void> {
    const { id } = webhook
    // One that is not called uses up no fault.
    if (options.world().webhooks.get(id)?.status !== 'active' || stop.signal.aborted) return
    const effect = fault()
    if (effect?.webhook === 'drop') return
    if (effect?.webhook === 'shuffle') {
      gather(effect, () => enqueue(webhook, () => callIfActive(id, body)))
      return
    }
    if (effect?.webhook === 'delay') await waits.wait(effect.ms)
    await callIfActive(id, body)
    if (effect?.webhook === 'duplicate') await callIfActive(id, body)
  }

  function gather(rule: HookFault, again: () => void): void {
    if (gathered === null) {
      const mine: (() => void)[] = []
      gathered = mine
      void waits.wait(rule.ms).then(() => letGo(mine))
    }
    gathered.push(again)
    if (rule.times === 0) letGo(gathered)
  }

  function letGo(list: (() => void)[]): void {
    if (gathered === list) gathered = null
    for (const again of list.splice(0).reverse()) again()
  }

  function enqueue(webhook: Webhook, work: () => Promise<void>): void {
    const waiting = queued.get(webhook.id) ?? 0
    if (waiting >= MAX_QUEUED) {
      failed(webhook)
      return
    }
    queued.set(webhook.id, waiting + 1)
    const job = (queues.get(webhook.id) ?? Promise.resolve()).then(work).finally(() => {
      const left = (queued.get(webhook.id) ?? 1) - 1
      if (left > 0) queued.set(webhook.id, left)
      else {
        queued.delete(webhook.id)
        queues.delete(webhook.id)
      }
      inFlight.delete(job)
    })
    queues.set(webhook.id, job)
    inFlight.add(job)
  }

  return {
    emit(event: WorldEvent): void {
      if (stop.signal.aborted) return
      const world = options.world()
      for (const webhook of world.webhooks.values()) {
        if (webhook.status !== 'active' || !event.audience.has(webhook.ownerId)) continue
        if (!fits(webhook, event, webhook.ownerId)) continue
        const envelope = {
          id: webhook.id,
          name: webhook.name,
          resource: event.resource,
          event: event.event,
          ...(webhook.filter === undefined ? {} : { filter: webhook.filter }),
          orgId: world.orgId,
          createdBy: webhook.ownerId,
          appId: world.appId,
          ownedBy: 'creator',
          status: 'active',
          actorId: event.actorId,
          data: event.data,
        }
        const body = Buffer.from(JSON.stringify(envelope))
        enqueue(webhook, () => deliver(webhook, body))
      }
    },
    reactivated(webhook: Webhook): void {
      failures.delete(webhook.id)
      if (now() - (webhook.disabledAt ?? Number.NEGATIVE_INFINITY) < WINDOW_MS) onProbation.add(webhook.id)
    },
    switchOff,
    forget(webhookId: string): void {
      failures.delete(webhookId)
      onProbation.delete(webhookId)
    },
    failuresOf: (webhookId: string) =>
      (failures.get(webhookId) ?? []).filter((at) => at > now() - WINDOW_MS).length,
    /** Waits up to two seconds for the deliveries under way, then breaks them off. What a fault holds back goes out now. */
    async close(): Promise<void> {
      const timer = setTimeout(() => stop.abort(), CLOSE_MS)
      waits.endAll()
      if (gathered) letGo(gathered)
      while (inFlight.size > 0 && !stop.signal.aborted) await Promise.allSettled(inFlight)
      clearTimeout(timer)
      stop.abort()
      await Promise.allSettled(inFlight)
    },
  }
}
