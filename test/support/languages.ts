/** The languages as the sources have them. */
import { fileURLToPath } from 'node:url'
import { readLanguages } from '../../server/texts.ts'

export const TEXTS = fileURLToPath(new URL('../../texts/', import.meta.url))

export const languages = await readLanguages(TEXTS)
