import { expect, test } from 'vitest'
import { placeOf } from '../../../src/adapters/registry/place.ts'

const hosts = new Map([
  ['quay.io', { url: 'http://127.0.0.1:5000/', login: null }],
  ['docker.io', { url: null, login: { kind: 'basic', username: 'me', password: 'x' } as const }],
])
const options = { hosts, timeoutMs: 1, moveTimeoutMs: 1 }

test.each([
  ['quay.io/opsee/api', 'http://127.0.0.1:5000', 'opsee/api'],
  ['ghcr.io/opsee/deep/er-api', 'https://ghcr.io', 'opsee/deep/er-api'],
  ['localhost:5000/api', 'https://localhost:5000', 'api'],
  // Docker Hub answers elsewhere, and keeps what has no owner under library/.
  ['docker.io/opsee/api', 'https://registry-1.docker.io', 'opsee/api'],
  ['docker.io/nginx', 'https://registry-1.docker.io', 'library/nginx'],
])('%s is asked for at %s as %s', (image, base, name) => {
  expect(placeOf(image, options)).toMatchObject({ image, base, name })
})
