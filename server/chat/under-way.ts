/** Transactions of this process that may take something of a chat in hand, and whose outcome it does not know yet. */
export interface UnderWay {
  /** Call the result when the lanes were told. */
  begin(chatId: string): () => void
  has(chatId: string): boolean
}

export function createUnderWay(): UnderWay {
  const counts = new Map<string, number>()
  return {
    begin(chatId) {
      counts.set(chatId, (counts.get(chatId) ?? 0) + 1)
      return () => {
        const left = (counts.get(chatId) ?? 1) - 1
        if (left > 0) counts.set(chatId, left)
        else counts.delete(chatId)
      }
    },
    has: (chatId) => counts.has(chatId),
  }
}
