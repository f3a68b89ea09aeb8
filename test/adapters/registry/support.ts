import { afterEach } from 'vitest'
import { registryAt, startFake, type FakeRegistry, type Handler } from './fake-registry.ts'

/** Makers of what a suite uses; all of it is closed after each test. */
export function closingAfterEach() {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })
  return {
    fake: async (handler: Handler): Promise<FakeRegistry> => {
      const one = await startFake(handler)
      closing.push(() => one.close())
      return one
    },
    adapter: (...args: Parameters<typeof registryAt>) => {
      const registry = registryAt(...args)
      closing.push(() => registry.close())
      return registry
    },
  }
}
