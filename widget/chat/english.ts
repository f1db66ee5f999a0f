import type { en as bot } from './bot-english.ts'

/**
 * The texts that come with the chat, short, for when the server's are not there yet; what cannot be shown before they are
 * there is missing. `{…}` is filled in.
 */
export const en = {
  open: 'Open chat',
  unread: '{n} unread',
  minimise: 'Minimise chat',
  end: 'End chat',
  endAsk: 'End?',
  endKeep: 'No',
  loading: 'Loading…',
  failed: 'Please try again.',
  retry: 'Try again',
  log: 'Conversation',
  placeholder: 'Message…',
  send: 'Send',
  charsLeft: '{n} left',
  you: 'You',
  agent: 'Agent',
  bot: 'Assistant',
  system: 'Notice',
  sending: 'Sending…',
  sent: 'Sent',
  delivered: 'Delivered',
  unsent: 'Not sent',
  undelivered: 'Failed',
  edited: 'edited',
  deleted: 'Deleted',
  offline: 'No connection…',
  idle: 'Still there? {when}',
  here: 'I’m still here',
  ended: 'Chat ended',
  again: 'New chat',
}

type Short = keyof typeof en
/** The form's are shown with the server's configuration only. */
type FormKey =
  | 'topics'
  | 'opens'
  | 'closed'
  | 'optional'
  | 'fieldRequired'
  | 'fieldEmail'
  | 'start'
  | 'starting'
/** `live` has no words of ours; a site may give it some. */
type StatusKey = 'opening' | 'assisted' | 'waiting' | 'live'

export type TextKey = Short | FormKey | StatusKey | keyof typeof bot
