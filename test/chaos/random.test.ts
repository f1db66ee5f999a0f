import { expect, it } from 'vitest'
import { createRandom } from './random.ts'

it('draws the same from the same seed, and a fork leaves its parent alone', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed).next)
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  const [a, b] = [createRandom(3), createRandom(3)]
  a.fork().next()
  b.fork()
  expect(a.next()).toBe(b.next())
})

it('draws evenly', () => {
  const random = createRandom(5)
  const share = Array.from({ length: 10_000 }, () => random.chance(0.15)).filter(Boolean).length / 10_000
  expect(share).toBeGreaterThan(0.14)
  expect(share).toBeLessThan(0.16)
})
