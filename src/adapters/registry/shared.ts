/** Answers that many wait for at once and that never change: who comes while one is on its way gets the same, a failure too. */
export interface Shared<V> {
  ask(key: string, read: () => Promise<V>): Promise<V>
}

export function createShared<V>(): Shared<V> {
  const underWay = new Map<string, Promise<V>>()
  return {
    ask(key, read) {
      const before = underWay.get(key)
      if (before !== undefined) return before
      const answer = read().finally(() => underWay.delete(key))
      underWay.set(key, answer)
      return answer
    },
  }
}
