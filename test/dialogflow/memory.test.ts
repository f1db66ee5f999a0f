import { describe, expect, it } from 'vitest'
import { keep, recall } from '../../server/dialogflow/memory.ts'

const context = (name: string, size = 0) => ({ name, lifespan: 5, parameters: { text: 'x'.repeat(size) } })

describe('what is kept of a chat', () => {
  it('comes back as it was', () => {
    const memory = { contexts: [context('a'), context('b', 10)], variables: 'print', at: 7 }
    expect(recall(JSON.parse(JSON.stringify(keep(memory))))).toEqual(memory)
  })

  it('fits into its place: a context for which there is no room is left out', () => {
    const memory = {
      contexts: [context('a', 9000), context('large', 9000), context('b', 4000), context('c', 4000)],
      variables: null,
      at: 1_800_000_000_000,
    }
    const state = keep(memory)
    expect(JSON.stringify(state).length).toBeLessThan(16_384)
    expect(recall(state)?.contexts.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it.each([
    [null],
    [{}],
    [{ contexts: [], variables: null }],
    [{ contexts: [{ name: 'a' }], variables: null, at: 1 }],
  ])('is nothing when it is not ours: %o', (state) => {
    expect(recall(state)).toBeNull()
  })
})
