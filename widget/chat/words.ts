import type texts from '../../texts/en.json'

/** What is shown while the server's texts (`texts/<lang>.json`, by `GET /config`) are not there yet, or cannot be had. */
export const en = {
  title: 'Chat',
  open: 'Open chat',
  minimise: 'Minimise chat',
  loading: 'Loading…',
  failed: 'Please try again.',
  retry: 'Try again',
  offline: 'No connection…',
}

/** `live` has no words of ours; a site may give it some. */
export type TextKey = keyof typeof texts.widget | keyof typeof en | 'live'
