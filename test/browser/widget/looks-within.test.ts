import { lookAt } from '../support/look-at.ts'
import { WITHIN } from '../support/states.ts'

lookAt(WITHIN)
