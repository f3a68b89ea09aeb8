import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegistryReader, RegistryWriter } from '../../src/ports/registry.ts'

export interface RegistryUnderTest {
  readonly registry: RegistryReader & RegistryWriter
  /** Of nobody else, and empty: `host/name`. */
  readonly repository: string
  /** Pushes an image with these labels' version and revision. Resolves to its digest. */
  push(tag: string | null, version: string): Promise<string>
  /** Pushes an index of that image for linux/amd64, behind one of another kind. */
  pushIndex(tag: string, version: string): Promise<string>
  /** What somebody else, who knows nothing of the adapter, finds under a tag: the digest of its bytes, and their kind. */
  look(tag: string): Promise<{ readonly digest: string; readonly mediaType: string } | null>
  close(): Promise<void>
}

/** What every adapter of `src/ports/registry.ts` does. Takes about 2 s. */
export function registryContract(name: string, make: () => Promise<RegistryUnderTest>): void {
  describe(`Registry contract: ${name}`, () => {
    let made: RegistryUnderTest
    beforeAll(async () => {
      made = await make()
    })
    afterAll(() => made.close())

    const nothing = `sha256:${'0'.repeat(64)}`
    const move = (tag: string, from: string | null, to: string) =>
      made.registry.moveTag(made.repository, tag, { from, to })

    test('where nothing is, it finds nothing', async () => {
      expect(await made.registry.manifest(made.repository, 'v1')).toBeNull()
      expect(await made.registry.manifest(made.repository, nothing)).toBeNull()
      expect(await made.registry.tags(made.repository)).toEqual([])
      await expect(made.registry.labels(made.repository, nothing)).rejects.toMatchObject({ name: 'RegistryFault' })
    })

    test('a tag and a digest name the same image, as somebody else sees it', async () => {
      const digest = await made.push('v1', '1.0.0')
      const byTag = await made.registry.manifest(made.repository, 'v1')
      expect(byTag).toMatchObject({ digest, ...(await made.look('v1')) })
      expect(await made.registry.manifest(made.repository, digest)).toEqual(byTag)
      expect(await made.registry.tags(made.repository)).toContain('v1')
    })

    test('an image says what its labels say', async () => {
      const digest = await made.push('labelled', '1.2.3')
      const builtAt = Date.UTC(2026, 0, 5, 9)
      const said = { version: '1.2.3', revision: 'abc1.2.3', source: 'https://example.org/api', builtAt }
      expect(await made.registry.labels(made.repository, digest)).toEqual(said)
    })

    test('an index says what its image for linux/amd64 says', async () => {
      const digest = await made.pushIndex('multi', '2.0.0')
      expect(await made.registry.manifest(made.repository, 'multi')).toMatchObject({ digest })
      expect(await made.registry.labels(made.repository, digest)).toMatchObject({ version: '2.0.0' })
    })

    test('a tag moves from what it names, once', async () => {
      const [from, to] = [await made.push('production', '1.0.0'), await made.push('v3', '3.0.0')]
      expect(await move('production', from, to)).toEqual({ kind: 'moved' })
      expect(await made.look('production')).toMatchObject({ digest: to })
      expect(await move('production', from, to)).toEqual({ kind: 'already' })
    })

    test('a tag that is new is made, also of an index', async () => {
      const to = await made.pushIndex('multi', '4.0.0')
      expect(await move('staging', null, to)).toEqual({ kind: 'moved' })
      expect(await made.look('staging')).toEqual(await made.look('multi'))
    })

    test('a tag that names something else stays as it is', async () => {
      const [one, two, three] = [
        await made.push('qa', '5.0.0'),
        await made.push(null, '5.1.0'),
        await made.push(null, '5.2.0'),
      ]
      expect(await move('qa', two, three)).toEqual({ kind: 'elsewhere', now: one })
      expect(await move('qa', null, three)).toEqual({ kind: 'elsewhere', now: one })
      expect(await move('other', one, three)).toEqual({ kind: 'elsewhere', now: null })
      expect(await made.look('qa')).toMatchObject({ digest: one })
      expect(await made.look('other')).toBeNull()
    })

    test('a tag does not move to what is not there', async () => {
      const one = await made.push('qa', '5.0.0')
      expect(await move('qa', one, nothing)).toEqual({ kind: 'missing' })
      expect(await made.look('qa')).toMatchObject({ digest: one })
    })
  })
}
