import type { Image } from '../registry/push-image.ts'
import type { Service } from './fleet-units.ts'

/** What was built of a service, each under its own tag, which nobody moves. */
export interface Build extends Image {
  readonly tag: string
}

/**
 * `v1`, which runs everywhere when the demo begins, and `v2`, which is as good; of bartnet also `v3`, whose health path
 * says 503: something to take back.
 */
export function buildsOf({ name, version, revision }: Service): readonly Build[] {
  const source = `https://github.com/opsee/${name}`
  const [v1, v2, v3] = [
    { tag: 'v1', version, revision, source, createdAt: '2026-01-05T09:00:00Z' },
    { tag: 'v2', version: later(version, 1), revision: '8c4d2f7', source, createdAt: '2026-01-19T14:30:00Z' },
    { tag: 'v3', version: later(version, 2), revision: 'bad5eed', source, createdAt: '2026-01-21T16:45:00Z' },
  ] as const
  return name === 'bartnet' ? [v1, v2, { ...v3, fault: 'unhealthy' }] : [v1, v2]
}

const later = (version: string, by: number): string => {
  const [major = '0', minor = '0'] = version.split('.')
  return `${major}.${Number(minor) + by}.0`
}
