/** A map that forgets what was used longest ago once it holds more than `size`. */
export interface BoundedMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  values(): readonly V[]
}

export function createBoundedMap<V>(size: number): BoundedMap<V> {
  const map = new Map<string, V>()
  const set = (key: string, value: V): void => {
    map.delete(key)
    map.set(key, value)
    const [oldest] = map.keys()
    if (map.size > size && oldest !== undefined) map.delete(oldest)
  }
  return {
    get(key) {
      const value = map.get(key)
      if (value !== undefined) set(key, value)
      return value
    },
    set,
    delete: (key) => void map.delete(key),
    values: () => [...map.values()],
  }
}
