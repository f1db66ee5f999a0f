/**
 * A chat as simply as it can be told, beside the real `transition`: what each input must lead to, said a second time and in
 * other words. It knows states, stages and counters; no texts, and of the rules only that a bot serves every topic.
 */
import type { ChatInput } from '../../server/core/chat-state.ts'
import type { ChatState } from '../../server/core/events.ts'

export interface ChatModel {
  state: ChatState
  /** Null until a bot had the chat. */
  bot: BotModel | null
  away: 'no' | 'gone' | 'told'
  warned: boolean
  waits: boolean
  reminded: 'nobody' | 'staff' | 'visitor'
  topic: string
  owner: string | null
  lastSeq: number
}

interface BotModel {
  stage: 'talking' | 'choosing' | 'checking' | 'intake' | 'joining'
  /** The bot failed, so it is not asked for the intake. */
  called: boolean
  asked: boolean
  answers: number
  fallbacks: number
  failures: number
  handovers: number
  /** How often staff gave the chat back: what was asked of the bot before that is over. */
  epoch: number
  /** Lines nobody has answered; `held`: and the bot has not been asked. */
  open: { readonly seq: number; readonly held: boolean; readonly wants: boolean }[]
}

const newBot = (): BotModel => ({
  stage: 'talking',
  called: false,
  asked: false,
  answers: 0,
  fallbacks: 0,
  failures: 0,
  handovers: 0,
  epoch: 0,
  open: [],
})

export const newModel = (): ChatModel => ({
  state: 'opening',
  bot: null,
  away: 'no',
  warned: false,
  waits: false,
  reminded: 'nobody',
  topic: 'sales',
  owner: null,
  lastSeq: 0,
})

/** `message visitor`, `state live`, `message.delivered` …; tasks by type. */
export interface Consequences {
  readonly events: string[]
  readonly tasks: string[]
}

/** Moves the model on. @returns what must follow; null when the input must be refused */
export function expected(model: ChatModel, input: ChatInput): Consequences | null {
  const out: Consequences = { events: [], tasks: [] }
  if (model.state === 'closed' && input.type === 'visitor_line') return null
  const closedFor = !['delivered', 'undeliverable'].includes(input.type)
  if (model.state === 'closed' && closedFor) return out
  follow(model, input, out)
  model.lastSeq += out.events.length
  return out
}

const says = (model: ChatModel, out: Consequences, who: string) => {
  if (who !== 'system') model.warned = false
  out.events.push(`message ${who}`)
  if (who === 'bot') out.tasks.push('line')
}

const enters = (model: ChatModel, out: Consequences, state: ChatState) => {
  if (model.state === state) return
  model.state = state
  out.events.push(`state ${state}`)
}

const nobodyWaits = (model: ChatModel) => Object.assign(model, { waits: false, reminded: 'nobody' })
const somebodyWaits = (model: ChatModel) => Object.assign(model, { waits: true, reminded: 'nobody' })

function isBack(model: ChatModel, out: Consequences): void {
  if (model.away === 'told') out.tasks.push('notice')
  model.away = 'no'
}

function ends(model: ChatModel, out: Consequences): void {
  enters(model, out, 'closed')
  out.tasks.push('notice', 'close_room')
}

function follow(model: ChatModel, input: ChatInput, out: Consequences): void {
  switch (input.type) {
    case 'opened':
      if (model.state !== 'opening') return
      enters(model, out, input.bot ? 'bot' : 'waiting')
      if (input.bot) {
        model.bot = newBot()
        out.tasks.push('bot_turn')
      } else if (input.nobody) says(model, out, 'system')
      if (input.text !== undefined) visitorSays(model, out, input.text)
      return

    case 'open_failed':
      if (model.state !== 'opening') return
      model.state = 'closed'
      out.tasks.push('discard_room')
      return

    case 'visitor_line':
      isBack(model, out)
      visitorSays(model, out, input.text)
      return

    case 'staff_line':
      if (input.text.trim() !== '') {
        enters(model, out, 'live')
        nobodyWaits(model)
        if (model.bot) model.bot.open = []
        says(model, out, 'agent')
      }
      if (input.files > 0) out.tasks.push('notice')
      return

    case 'whisper':
      if (input.why !== undefined) out.tasks.push('notice')
      return

    case 'order':
      obeys(model, out, input.command, input.by)
      return

    case 'transferred':
      if (model.topic === input.topic) return
      Object.assign(somebodyWaits(model), { topic: input.topic, owner: null })
      enters(model, out, 'waiting')
      says(model, out, 'system')
      out.tasks.push('notice')
      return

    case 'delivered':
      out.events.push('message.delivered')
      return
    case 'undeliverable':
      out.events.push('message.failed')
      if (model.state !== 'closed') out.tasks.push('notice')
      return

    case 'away':
      if (model.away === 'no') model.away = 'gone'
      return
    case 'here':
      isBack(model, out)
      model.warned = false
      return
    case 'tell_away':
      if (model.away !== 'gone') return
      model.away = 'told'
      out.tasks.push('notice')
      return

    case 'remind':
      if (!model.waits || model.reminded === input.who) return
      model.reminded = input.who
      if (input.who === 'staff') out.tasks.push('notice')
      else says(model, out, 'system')
      return

    case 'idle_warning':
      if (!model.warned) out.events.push('idle_warning')
      model.warned = true
      return

    case 'close':
      ends(model, out)
      return

    default:
      if (model.state === 'bot' && model.bot) botHears(model, model.bot, out, input)
  }
}

const asksForPerson = (text: string) => text === 'agent'
const OPEN_KEPT = 10
const ANSWERS_KEPT = 20

function visitorSays(model: ChatModel, out: Consequences, text: string): void {
  const { bot } = model
  // One of the consequences before it may have been the state.
  const seq = model.lastSeq + out.events.length + 1
  says(model, out, 'visitor')
  out.tasks.push('line')
  if (bot) bot.open = [...bot.open, { seq, held: true, wants: asksForPerson(text) }].slice(-OPEN_KEPT)
  if (model.state !== 'bot' || !bot) {
    if (!model.waits) somebodyWaits(model)
    return
  }
  const { stage } = bot
  if (stage === 'checking' || stage === 'joining') return
  const picks = stage === 'choosing' && text === 'Billing'
  if (stage === 'choosing') bot.stage = 'talking'
  if (stage === 'intake' && !asksForPerson(text)) {
    if (bot.asked) asks(bot, out, seq)
  } else if (!picks && !asksForPerson(text)) asks(bot, out, seq)
  else {
    bot.open = bot.open.filter((one) => one.seq !== seq)
    if (stage === 'intake') joins(bot, out)
    else if (picks) looksForStaff(bot, out)
    else {
      bot.stage = 'choosing'
      says(model, out, 'bot')
    }
  }
}

function asks(bot: BotModel, out: Consequences, seq: number): void {
  bot.open = bot.open.map((one) => (one.seq === seq ? { ...one, held: false } : one))
  out.tasks.push('bot_turn')
}

function asksHeld(bot: BotModel, out: Consequences): void {
  for (const { seq, held } of bot.open) if (held) asks(bot, out, seq)
}

function looksForStaff(bot: BotModel, out: Consequences, called = false): void {
  Object.assign(bot, { stage: 'checking', called })
  out.tasks.push('look_for_staff')
}

function joins(bot: BotModel, out: Consequences): void {
  bot.stage = 'joining'
  out.tasks.push('hand_over')
}

function obeys(model: ChatModel, out: Consequences, command: { name: string }, by: string): void {
  if (command.name === 'transfer' && model.topic !== 'billing') {
    out.tasks.push('transfer')
    return
  }
  if (command.name === 'take' && (by === 'anna@example.com' || model.topic === 'billing')) {
    if (model.owner !== by || model.state !== 'live') {
      if (model.state === 'bot' && (model.bot?.open.length ?? 0) > 0) somebodyWaits(model)
      model.owner = by
      enters(model, out, 'live')
    }
  }
  const spent = (model.bot?.handovers ?? 0) >= 5
  if (command.name === 'handback' && model.state !== 'bot' && !spent) {
    const before = model.bot ?? newBot()
    model.bot = { ...before, stage: 'talking', fallbacks: 0, failures: 0, epoch: before.epoch + 1 }
    model.owner = null
    nobodyWaits(model)
    enters(model, out, 'bot')
    says(model, out, 'bot')
    model.bot.open = model.bot.open.filter((one) => !one.wants).map((one) => ({ ...one, held: true }))
    asksHeld(model.bot, out)
  }
  out.tasks.push('notice')
  if (command.name === 'close') ends(model, out)
}

function botHears(model: ChatModel, bot: BotModel, out: Consequences, input: ChatInput): void {
  const { stage } = bot
  const settle = (seq: number | null) => {
    bot.open = bot.open.filter((one) => one.seq !== seq)
  }
  const epoch = 'turn' in input ? input.turn.epoch : 'epoch' in input ? input.epoch : bot.epoch
  if (epoch !== bot.epoch) return
  switch (input.type) {
    case 'bot_reply': {
      const { turn, reply } = input
      if (turn.event === 'prechat' && stage !== 'intake') return
      for (const _message of reply.messages) says(model, out, 'bot')
      const answers = bot.asked && bot.open.some(({ seq }) => seq === turn.seq)
      if (turn.seq !== null) bot.fallbacks = reply.isFallback ? bot.fallbacks + 1 : 0
      bot.failures = 0
      settle(turn.seq)
      if (stage === 'intake') {
        if (reply.handoff === false) {
          Object.assign(bot, { stage: 'talking', fallbacks: 0 })
          asksHeld(bot, out)
          return
        }
        bot.asked = true
        if (answers) bot.answers = Math.min(bot.answers + 1, ANSWERS_KEPT)
        if (!reply.asking || bot.answers === ANSWERS_KEPT) joins(bot, out)
        return
      }
      if (stage === 'checking' || stage === 'joining' || reply.handoff === false) return
      if (reply.handoff || reply.end || bot.fallbacks >= 3) looksForStaff(bot, out)
      return
    }

    case 'bot_failed':
      if (input.turn.event === 'welcome') return
      bot.failures++
      settle(input.turn.seq)
      if (stage === 'intake') joins(bot, out)
      if (stage !== 'talking' && stage !== 'choosing') return
      if (bot.failures >= 3) looksForStaff(bot, out, true)
      else says(model, out, 'bot')
      return

    case 'staff_found':
      if (stage !== 'checking') return
      Object.assign(bot, { stage: 'intake', asked: false, answers: 0 })
      if (bot.called) joins(bot, out)
      else out.tasks.push('bot_turn')
      return

    case 'handed_over':
      if (stage !== 'joining') return
      says(model, out, 'bot')
      model.bot = { ...newBot(), handovers: bot.handovers + 1, epoch: bot.epoch }
      Object.assign(somebodyWaits(model), { topic: input.topic, owner: input.owner })
      enters(model, out, 'waiting')
      out.tasks.push('notice')
      return

    case 'handover_failed':
      if (stage !== 'joining') return
      Object.assign(bot, { stage: 'talking', fallbacks: 0, failures: 0 })
      if (input.dismiss.length > 0) out.tasks.push('dismiss')
      says(model, out, 'bot')
      asksHeld(bot, out)
      return

    case 'ask_person':
      if (stage === 'talking' || stage === 'choosing') looksForStaff(bot, out)
      else if (stage === 'intake') joins(bot, out)
  }
}
