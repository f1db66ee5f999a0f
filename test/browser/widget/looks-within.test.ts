import { expect, it } from 'vitest'
import { lookAt } from '../support/look-at.ts'
import { WITHIN } from '../support/states.ts'
import { visits } from '../support/visit.ts'

lookAt(WITHIN)

const at = visits()

it.each(['light', 'dark'] as const)(
  'draws icons in the colour of text on a %s system palette',
  async (colorScheme) => {
    await at.page.emulateMedia({ forcedColors: 'active', colorScheme })
    await at.page.goto(at.api.origin)
    await at.panel.start()
    for (const part of ['button', 'send', 'sound', 'minimise']) {
      const [icon, text] = await at.panel
        .part(part)
        .evaluate((button) => [
          getComputedStyle(button, '::before').backgroundColor,
          getComputedStyle(button).color,
        ])
      expect(icon, part).toBe(text)
    }
  },
)
