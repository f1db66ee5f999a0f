/** The answers of an intent. What has no shape in a chat of ours (cards, images) becomes text that says the same. */
import type { AgentMessage, ByLanguage } from './agent.ts'
import type { MessageRead } from './agent-shapes.ts'

const isWebAddress = (text: string) => /^https?:\/\/\S+$/i.test(text)

/** A button that leads somewhere is its address; any other is a choice. */
function cardOf({ title, subtitle, imageUrl, buttons }: MessageRead): AgentMessage[] {
  const links = buttons.filter(({ postback }) => isWebAddress(postback))
  const lines = [
    title,
    subtitle,
    ...links.map(({ text, postback }) => (text === '' ? postback : `${text}: ${postback}`)),
  ]
  const said = lines.filter((line) => line.trim() !== '')
  if (said.length === 0 && isWebAddress(imageUrl)) said.push(imageUrl)
  const replies = buttons
    .filter((button) => !links.includes(button))
    .map(({ text, postback }) => text || postback)
  return [
    ...(said.length > 0 ? [{ kind: 'text' as const, variants: [said.join('\n')] }] : []),
    ...(replies.length > 0 ? [{ kind: 'quick_replies' as const, title: '', replies }] : []),
  ]
}

/** Null: of a kind we do not know. */
function messageOf(message: MessageRead): AgentMessage[] | null {
  switch (message.type) {
    case '0':
    case 'message': {
      const variants = message.speech.filter((text) => text.trim() !== '')
      return variants.length > 0 ? [{ kind: 'text', variants }] : []
    }
    case '1':
      return cardOf(message)
    case '2':
      return [{ kind: 'quick_replies', title: message.title, replies: message.replies }]
    case '3':
      return isWebAddress(message.imageUrl) ? [{ kind: 'text', variants: [message.imageUrl] }] : []
    case '4':
      return message.payload ? [{ kind: 'payload', payload: message.payload }] : []
    default:
      return null
  }
}

/** @param legacy the answer as it stood before there were messages; used where there are none. */
export function messagesOf(
  messages: readonly MessageRead[],
  legacy: readonly string[],
  note: (ignored: string) => void,
): ByLanguage<AgentMessage> {
  const found = new Map<string, AgentMessage[]>()
  const elsewhere = new Set<string>()
  for (const message of messages) {
    const { lang, platform, type, condition } = message
    if (platform !== '' && platform !== 'PLATFORM_UNSPECIFIED') {
      elsewhere.add(platform)
      continue
    }
    const translated = messageOf(message)
    if (!translated) note(`messages of type ${JSON.stringify(type)} are not shown`)
    if (condition !== '') note('conditions of messages are not looked at')
    const key = lang.toLowerCase().replaceAll('_', '-')
    found.set(key, [...(found.get(key) ?? []), ...(translated ?? [])])
  }
  for (const platform of elsewhere) note(`messages for ${platform} are not shown`)
  const variants = legacy.filter((text) => text.trim() !== '')
  if (found.size === 0 && variants.length > 0) found.set('', [{ kind: 'text', variants }])
  return found
}
