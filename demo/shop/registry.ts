import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { services, sharedImages, type TierName } from './fleet-units.ts'

/** What somebody pushed under a tag: the stand-in `docker pull` fetches it, and what runs keeps what it was started with. */
export interface Image {
  readonly version: string
  /** The source commit. */
  readonly revision: string
  /** `unhealthy`: answers its health path with 503. `crash`: ends with 1 as soon as it starts. */
  readonly fault?: 'none' | 'unhealthy' | 'crash'
  /** How long a pull takes. */
  readonly pullSeconds?: number
}

/** Below `home`, which every stand-in machine knows as SHOP_HOME. */
export function pushImage(home: string, reference: string, image: Image): void {
  const file = path.join(home, 'registry', reference)
  const { version, revision, fault = 'none', pullSeconds = 0.3 } = image
  const text = `VERSION=${version}\nREVISION=${revision}\nFAULT=${fault}\nPULL_SECONDS=${pullSeconds}\n`
  mkdirSync(path.dirname(file), { recursive: true })
  // A pull at the same moment sees the old image or the new one.
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

export const imageOf = (service: string, tier: TierName): string => `quay.io/opsee/${service}:${tier}`

/** What had been pushed before anybody looked. */
export function fillRegistry(home: string, tiers: readonly TierName[]): void {
  for (const { name, version, revision } of services) {
    for (const tier of tiers) pushImage(home, imageOf(name, tier), { version, revision })
  }
  for (const reference of sharedImages) pushImage(home, reference, { version: '1', revision: '', pullSeconds: 0.1 })
}
