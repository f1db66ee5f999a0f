/** Pauses that end when the sandbox closes: what they kept waiting comes then, and nothing waits any more. */
export function createWaits() {
  const running = new Map<NodeJS.Timeout, () => void>()
  let over = false

  return {
    wait(ms: number): Promise<void> {
      if (over) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(() => end(), ms)
        const end = () => {
          clearTimeout(timer)
          running.delete(timer)
          resolve()
        }
        running.set(timer, end)
      })
    },
    endAll(): void {
      over = true
      for (const end of [...running.values()]) end()
    },
  }
}
