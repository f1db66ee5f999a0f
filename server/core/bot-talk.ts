/**
 * The bot's part of a chat: what a visitor's line, a reply, a failure or a wish for a person leads to. Whatever goes wrong on
 * the way to a person leads back to the bot: nothing is half done, and nothing the visitor wrote is lost on the way.
 */
import { type BotPart, freshBot, KEPT, type Stage, type Wish } from './bot-part.ts'
import type { BotReply } from './bot-reply.ts'
import type { Draft } from './chat.ts'
import { asksForPerson, plainWords, topicCalled, triggerOf } from './handover.ts'
import type { Rules } from './rules.ts'

export type BotInput =
  | { readonly type: 'bot_reply'; readonly turn: Turn; readonly reply: BotReply }
  | { readonly type: 'bot_failed'; readonly turn: Turn }
  /** Who is there was found out, or could not be. */
  | { readonly type: 'staff_found'; readonly epoch: number; readonly reachable: boolean }
  /** The people are in the room: `people` are all of the topic. */
  | {
      readonly type: 'handed_over'
      readonly epoch: number
      readonly topic: string
      readonly people: readonly string[]
      readonly owner: string | null
      readonly digest: string
    }
  /** They could not be let in; `dismiss` are those who may have come in by it. */
  | { readonly type: 'handover_failed'; readonly epoch: number; readonly dismiss: readonly string[] }
  /** The visitor presses the button. */
  | { readonly type: 'ask_person' }

/** The visitor's line of that `seq`, or an event. */
export interface Turn {
  readonly epoch: number
  readonly seq: number | null
  readonly event?: 'welcome' | 'prechat' | undefined
}

/** Failures in a row before a person is offered, and before one is called. */
const OFFER_AFTER = 2
const CALL_AFTER = 3

/** Bot and staff can give a chat to each other this often; then it stays with staff. */
export const MAX_HANDOVERS = 5

const TALKING: Stage = { name: 'talking' }

/** The bot takes a chat that has just been opened. */
export function botBegins(d: Draft): void {
  d.set({ bot: freshBot })
  d.errand({ type: 'bot_turn', seq: null, event: 'welcome' })
}

/** A line of the visitor stands in the log: it waits for whoever has the chat. */
export function keepOpen(d: Draft, seq: number, text: string): void {
  const { bot } = d.chat
  if (!bot) return
  const open = [...bot.open, { seq, text, held: true }]
  const lost = open.slice(0, -KEPT.open).map((line) => line.text)
  d.setBot({ open: open.slice(-KEPT.open), missed: [...bot.missed, ...lost].slice(-KEPT.missed) })
}

/** The bot gets the lines nobody has given it yet. */
function askHeld(d: Draft): void {
  for (const line of d.chat.bot?.open ?? []) if (line.held) ask(d, line.seq, line.text)
}

function ask(d: Draft, seq: number, text: string): void {
  const open = (d.chat.bot?.open ?? []).map((line) => (line.seq === seq ? { ...line, held: false } : line))
  d.setBot({ open })
  d.errand({ type: 'bot_turn', seq, text })
}

/** A line of the visitor while the bot serves. */
export function lineToBot(d: Draft, bot: BotPart, rules: Rules, seq: number, text: string): void {
  const { stage } = bot
  // Between two steps of a handover a line is only kept: staff read it, or, when that fails, the bot gets it then.
  if (stage.name === 'checking' || stage.name === 'joining') return
  if (stage.name === 'intake') {
    if (asksForPerson(text, rules.phrases)) {
      settle(d, seq)
      join(d, stage)
    } else if (stage.asked !== null) ask(d, seq, text)
    return
  }
  const named = stage.name === 'choosing' ? offeredCalled(rules, text) : undefined
  const asked = named === undefined ? asksForPerson(text, rules.phrases) : null
  if (stage.name === 'choosing') d.setBot({ stage: TALKING })
  if (named === undefined && !asked) {
    ask(d, seq, text)
    return
  }
  settle(d, seq)
  if (named !== undefined) begin(d, { reason: 'asked', topic: named })
  else offer(d, rules, asked?.whom ?? '')
}

/** The topic a visitor names, of those they are offered. */
function offeredCalled(rules: Rules, name: string): string | undefined {
  const offered = rules.offered()
  const picked = offered.find(({ title }) => plainWords(title) === plainWords(name))
  const ids = new Set(offered.map(({ id }) => id))
  return (
    picked ??
    topicCalled(
      rules.topics.filter(({ id }) => ids.has(id)),
      name,
    )
  )?.id
}

/** Somebody is wanted: with a name or a single topic there is nothing to choose. */
function offer(d: Draft, rules: Rules, whom: string): void {
  const named = whom === '' ? undefined : offeredCalled(rules, whom)
  const offered = rules.offered()
  if (named !== undefined) begin(d, { reason: 'asked', topic: named })
  else if (offered.length < 2) begin(d, { reason: 'asked' })
  else {
    d.setBot({ stage: { name: 'choosing' } })
    // The visitor's own topic first.
    const own = offered.filter(({ id }) => id === d.chat.topic)
    const choices = [...own, ...offered.filter((topic) => !own.includes(topic))].map(({ title }) => title)
    d.botSays({ text: rules.words('chooseTopic'), choices: choices.slice(0, 13) })
  }
}

function begin(d: Draft, wish: Wish): void {
  d.setBot({
    stage: { name: 'checking', wish },
    ...(wish.webstore !== undefined && { webstore: wish.webstore }),
    ...(wish.channel !== undefined && { channel: wish.channel }),
  })
  d.errand({ type: 'look_for_staff' })
}

function join(d: Draft, stage: Extract<Stage, { name: 'intake' }>): void {
  const { wish, reachable, answers, parameters } = stage
  d.setBot({ stage: { name: 'joining', wish, reachable, answers, parameters } })
  d.errand({ type: 'hand_over' })
}

/** A line has had its turn. `missed`: without being answered. */
function settle(d: Draft, seq: number | null, missed = false): void {
  const { open = [], missed: before = [] } = d.chat.bot ?? {}
  const line = open.find((one) => one.seq === seq)
  if (!line) return
  d.setBot({
    open: open.filter((one) => one !== line),
    ...(missed && { missed: [...before, line.text].slice(-KEPT.missed) }),
  })
}

export function botInput(d: Draft, input: BotInput, rules: Rules): void {
  const { bot, state } = d.chat
  // Staff have taken over meanwhile, and may even have given it back: an answer in flight is dropped.
  if (!bot || state !== 'bot') return
  const epoch = 'turn' in input ? input.turn.epoch : 'epoch' in input ? input.epoch : bot.epoch
  if (epoch !== bot.epoch) return
  const { stage } = bot
  switch (input.type) {
    case 'bot_reply':
      botReplied(d, bot, rules, input.turn, input.reply)
      break

    case 'bot_failed':
      botFailed(d, bot, rules, input.turn)
      break

    case 'staff_found':
      if (stage.name === 'checking') staffFound(d, stage.wish, input.reachable)
      break

    case 'handed_over':
      if (stage.name === 'joining') handedOver(d, bot, rules, stage.reachable, input)
      break

    case 'handover_failed':
      if (stage.name !== 'joining') break
      d.setBot({ stage: TALKING, fallbacks: 0, failures: 0 })
      if (input.dismiss.length > 0) d.errand({ type: 'dismiss', people: input.dismiss })
      d.botSays({ text: rules.words('handoverFailed') })
      askHeld(d)
      break

    case 'ask_person':
      if (stage.name === 'talking' || stage.name === 'choosing') begin(d, { reason: 'asked' })
      else if (stage.name === 'intake') join(d, stage)
  }
}

function staffFound(d: Draft, wish: Wish, reachable: boolean): void {
  const intake = { name: 'intake', wish, reachable, asked: null, answers: [], parameters: {} } as const
  d.setBot({ stage: intake })
  // A bot that does not answer has nothing to ask.
  if (wish.reason === 'bot_failed') join(d, intake)
  else d.errand({ type: 'bot_turn', seq: null, event: 'prechat' })
}

function handedOver(
  d: Draft,
  bot: BotPart,
  rules: Rules,
  reachable: boolean,
  { topic, people, owner, digest }: Extract<BotInput, { type: 'handed_over' }>,
): void {
  const goodbye = reachable ? 'handedOver' : 'handedOverAway'
  d.botSays({ text: rules.words(goodbye, { topic: rules.title(topic) }) })
  d.set({ topic, owner, unansweredSince: d.at, reminded: 'nobody' })
  const handovers = bot.handovers + 1
  d.setBot({ stage: TALKING, fallbacks: 0, failures: 0, handovers, open: [], missed: [] })
  d.state('waiting')
  d.task({ type: 'notice', text: digest, mention: owner === null ? people : [owner] })
}

function botReplied(d: Draft, bot: BotPart, rules: Rules, turn: Turn, reply: BotReply): void {
  const { stage } = bot
  // The answer to a question that is no longer asked.
  if (turn.event === 'prechat' && stage.name !== 'intake') return
  const said = reply.messages.filter(({ text }) => text.trim() !== '')
  // Offered with the last word: what is offered before another line is past when the visitor reads it.
  const choices = [...new Set(said.flatMap((message) => message.choices ?? []))]
  for (const message of said) d.botSays({ text: message.text, ...(message === said.at(-1) && { choices }) })
  // Nothing at all is no answer either.
  const isSilent =
    turn.seq !== null && said.length === 0 && !reply.handoff && !reply.end && stage.name !== 'intake'
  if (isSilent) d.botSays({ text: rules.words('botSorry') })
  const isFallback = reply.isFallback || isSilent
  const trace = { intent: reply.intent, confidence: reply.confidence, fallback: isFallback }
  const fallbacks = turn.seq === null ? bot.fallbacks : isFallback ? bot.fallbacks + 1 : 0
  const facts = Object.fromEntries(Object.entries({ ...bot.facts, ...reply.parameters }).slice(-KEPT.facts))
  d.setBot({
    facts,
    state: reply.state,
    failures: 0,
    fallbacks,
    trail: [...bot.trail, trace].slice(-KEPT.trail),
  })
  const line = bot.open.find(({ seq }) => seq === turn.seq)
  settle(d, turn.seq, isFallback)

  if (stage.name === 'intake') {
    // It says by itself that no person comes of it.
    if (reply.handoff === false) {
      d.setBot({ stage: TALKING, fallbacks: 0 })
      askHeld(d)
      return
    }
    const answer = stage.asked !== null && line ? [{ question: stage.asked, answer: line.text }] : []
    const { skill, webstore, channel } = reply.handoff ?? {}
    const next = {
      ...stage,
      wish: {
        ...stage.wish,
        ...(skill !== undefined && { skill }),
        ...(webstore !== undefined && { webstore }),
        ...(channel !== undefined && { channel }),
      },
      asked: reply.messages.at(-1)?.text ?? stage.asked ?? '',
      answers: [...stage.answers, ...answer].slice(-KEPT.answers),
      parameters: { ...stage.parameters, ...reply.parameters },
    }
    d.setBot({ stage: next })
    if (!reply.asking || next.answers.length >= KEPT.answers) join(d, next)
    return
  }
  // The line's turn had begun before somebody was called; that goes on.
  if (stage.name === 'checking' || stage.name === 'joining') return
  const wish = triggerOf(reply, fallbacks, rules.fallbacks)
  if (wish) begin(d, wish)
}

function botFailed(d: Draft, bot: BotPart, rules: Rules, turn: Turn): void {
  // Nobody has asked for a greeting that did not come.
  if (turn.event === 'welcome') return
  const failures = bot.failures + 1
  d.setBot({ failures })
  settle(d, turn.seq, true)
  const { stage } = bot
  // Nobody who was promised a person is kept from them by the bot.
  if (stage.name === 'intake') join(d, stage)
  if (stage.name !== 'talking' && stage.name !== 'choosing') return
  if (failures >= CALL_AFTER) begin(d, { reason: 'bot_failed' })
  else if (failures < OFFER_AFTER) d.botSays({ text: rules.words('botSorry') })
  else d.botSays({ text: rules.words('botOffer'), choices: [rules.words('talkToPerson')] })
}

/** Staff give the chat back. Returns why not, in words for them. */
export function handBack(d: Draft, rules: Rules): string | null {
  const { bot, state, topic } = d.chat
  if (!rules.hasBot(topic)) return 'No bot serves this topic, so the chat stays with you.'
  if (state === 'bot') return 'The bot has the chat already.'
  const handovers = bot?.handovers ?? 0
  if (handovers >= MAX_HANDOVERS)
    return `The bot has given this chat away ${handovers} times. It stays with you now.`
  const before = bot ?? freshBot
  // What staff have not answered is the bot's again, whoever was asked first; but not the wish for a person, who has been here.
  const open = before.open
    .filter(({ text }) => !asksForPerson(text, rules.phrases))
    .map((line) => ({ ...line, held: true }))
  d.set({ bot: { ...before, open, stage: TALKING, epoch: before.epoch + 1, fallbacks: 0, failures: 0 } })
  d.set({ owner: null, unansweredSince: null, reminded: 'nobody' })
  d.state('bot')
  d.botSays({ text: rules.words('botBack') })
  askHeld(d)
  return null
}
