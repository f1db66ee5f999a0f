import { describe, expect, it } from 'vitest'
import { createStore } from '../../widget/chat/store.ts'

const saved = { token: 't', chatId: 'c', open: true, seen: 3 }

function memory() {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

describe('the store', () => {
  it('keeps one key, and gives it back to the next page', () => {
    const storage = memory()
    createStore(() => storage, 'https://chat.example').write(saved)
    expect([...storage.items.keys()]).toEqual(['frontroom'])
    expect(createStore(() => storage, 'https://chat.example').read()).toMatchObject(saved)
  })

  it('leaves nothing behind at the end', () => {
    const storage = memory()
    const store = createStore(() => storage, 'https://chat.example')
    store.write(saved)
    store.write(null)
    expect([storage.items.size, store.read()]).toEqual([0, undefined])
  })

  it('adds to what another tab may have left there meanwhile', () => {
    const storage = memory()
    const [one, other] = ['https://chat.example', 'https://chat.example'].map((base) =>
      createStore(() => storage, base),
    )
    one?.write(saved)
    other?.write({ draft: 'written elsewhere' })
    one?.write({ seen: 7 })
    expect(other?.read()).toMatchObject({ ...saved, seen: 7, draft: 'written elsewhere' })
  })

  it('gives no token to another server', () => {
    const storage = memory()
    createStore(() => storage, 'https://chat.example').write(saved)
    expect(createStore(() => storage, 'https://staging.example').read()).toBeUndefined()
  })

  it.each(['', 'null', '{', '[]', '"x"', '{"token":"t"}'])('takes %j for nothing', (junk) => {
    const storage = memory()
    storage.setItem('frontroom', junk)
    expect(createStore(() => storage, 'https://chat.example').read()).toBeUndefined()
  })

  it('works from memory where storage is forbidden', () => {
    const store = createStore(() => {
      throw new Error('SecurityError')
    }, 'https://chat.example')
    expect(store.read()).toBeUndefined()
    store.write(saved)
    expect(store.read()).toMatchObject(saved)
  })
})
