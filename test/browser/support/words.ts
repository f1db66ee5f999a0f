/** The widget's English as the server sends it. */
import en from '../../../texts/en.json' with { type: 'json' }

export const words: Readonly<Record<string, string>> = en.widget
