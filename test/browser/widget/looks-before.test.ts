import { lookAt } from '../support/look-at.ts'
import { BEFORE } from '../support/states.ts'

lookAt(BEFORE)
