import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { RegistryLogin } from '../../../src/config/docker-config.ts'
import { makeImage, send, sendManifest, type Handler } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'

const image = makeImage()
const password = 'correct horse battery'
const login: RegistryLogin = { kind: 'basic', username: 'opsee+bot', password }
const basic = `Basic ${Buffer.from(`opsee+bot:${password}`).toString('base64')}`
const { fake, adapter } = closingAfterEach()

/** A registry that wants a bearer token, and the place that gives one. */
async function withTokens(give: Handler, challenge?: (realm: string) => string | string[]) {
  const tokens = await fake(give)
  const realm = `${tokens.url}/token`
  const usual = `Bearer realm="${realm}",service="quay.io",scope="repository:opsee/api:pull"`
  const registry = await fake((asked, response) => {
    if (asked.authorization?.startsWith('Bearer good') === true) sendManifest(response, image.manifest)
    else
      send(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] }, { 'www-authenticate': challenge?.(realm) ?? usual })
  })
  return { tokens, registry }
}

describe('Who asks a registry', () => {
  test('nobody gets a token too, and keeps it', async () => {
    const { tokens, registry } = await withTokens((_, response) =>
      send(response, 200, { token: 'good-1', expires_in: 300 }),
    )
    const asking = adapter(registry.url)
    expect(await asking.manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    await asking.manifest('quay.io/opsee/api', 'v1')
    expect(tokens.asked).toHaveLength(1)
    expect(tokens.asked[0]?.line).toBe('GET /token?service=quay.io&scope=repository%3Aopsee%2Fapi%3Apull')
    expect(tokens.asked[0]?.authorization).toBeUndefined()
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer good-1',
      'Bearer good-1',
    ])
  })

  test('a user shows its password to the giver of tokens alone; access_token is a token too', async () => {
    const { tokens, registry } = await withTokens((_, response) => send(response, 200, { access_token: 'good-2' }))
    await adapter(registry.url, { login }).manifest('quay.io/opsee/api', 'v1')
    expect(tokens.asked[0]?.authorization).toBe(basic)
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer good-2'])
  })

  test('an identity token is changed for a token of the repository', async () => {
    const { tokens, registry } = await withTokens((_, response) => send(response, 200, { access_token: 'good-3' }))
    await adapter(registry.url, { login: { kind: 'identity', token: 'refresh me' } }).manifest(
      'quay.io/opsee/api',
      'v1',
    )
    expect(tokens.asked[0]?.line).toBe('POST /token')
    expect(Object.fromEntries(new URLSearchParams(tokens.asked[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'opsee',
      service: 'quay.io',
      scope: 'repository:opsee/api:pull',
      refresh_token: 'refresh me',
    })
  })

  test('a token that has run out is not sent again', async () => {
    let shift = 0
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + shift }
    const { tokens, registry } = await withTokens((_, response, nth) =>
      send(response, 200, { token: `good-${nth}`, expires_in: 300 }),
    )
    const asking = adapter(registry.url, { clock })
    await asking.manifest('quay.io/opsee/api', 'v1')
    shift = 290_000
    await asking.manifest('quay.io/opsee/api', 'v1')
    expect(tokens.asked).toHaveLength(2)
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer good-1',
      undefined,
      'Bearer good-2',
    ])
  })

  test('a token that the registry forgot too early is dropped, and the question is asked without it', async () => {
    // Harbor answers a stale token with a Basic challenge, which leads nowhere.
    let forgotten = false
    const tokens = await fake((_, response, nth) => send(response, 200, { token: `good-${nth}`, expires_in: 3000 }))
    const registry = await fake(({ authorization }, response) => {
      if (authorization === 'Bearer good-2' || (authorization !== undefined && !forgotten)) {
        sendManifest(response, image.manifest)
      } else {
        const bearer = `Bearer realm="${tokens.url}/token",scope="repository:opsee/api:pull"`
        const challenge = authorization === undefined ? bearer : 'Basic realm="harbor"'
        send(response, 401, {}, { 'www-authenticate': challenge })
      }
    })
    const asking = adapter(registry.url, { login })
    await asking.manifest('quay.io/opsee/api', 'v1')
    forgotten = true
    expect(await asking.manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    expect(registry.asked.map(({ authorization }) => authorization?.split(' ')[0])).toEqual([
      undefined,
      'Bearer',
      'Bearer',
      undefined,
      'Bearer',
    ])
  })

  test('a fresh token that the registry does not know yet is replaced by another one, once', async () => {
    const refuseFirst = async (refused: readonly string[]) => {
      const tokens = await fake((_, response, nth) => send(response, 200, { token: `good-${nth}` }))
      const registry = await fake(({ authorization }, response) => {
        const challenge = { 'www-authenticate': `Bearer realm="${tokens.url}/token"` }
        if (authorization === undefined || refused.includes(authorization)) send(response, 401, {}, challenge)
        else sendManifest(response, image.manifest)
      })
      return { tokens, registry }
    }
    const once = await refuseFirst(['Bearer good-1'])
    const asking = adapter(once.registry.url)
    expect(await asking.manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    await asking.manifest('quay.io/opsee/api', 'v1')
    expect(once.registry.asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer good-1',
      'Bearer good-2',
      'Bearer good-2',
    ])
    const always = await refuseFirst(Array.from({ length: 20 }, (_, nth) => `Bearer good-${nth}`))
    await expect(adapter(always.registry.url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'refused',
    })
    // HEAD and GET, two tokens each.
    expect(always.tokens.asked).toHaveLength(4)
  })

  test('a refusal holds the registry’s own words, on one line and without secrets', async () => {
    const registry = await fake(({ authorization }, response) => {
      const message = `authorization token\nhas expired for ${password}`
      if (authorization === undefined) send(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' })
      else send(response, 403, { errors: [{ code: 'DENIED', message }] })
    })
    await expect(adapter(registry.url, { login }).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      message: expect.stringMatching(
        /\(HTTP 403\): .* \(the registry says: DENIED authorization token has expired for ‹secret›\)$/,
      ),
    })
    const { registry: other } = await withTokens((_, response) =>
      send(response, 401, { error: 'invalid_grant', error_description: 'the robot was deleted' }),
    )
    await expect(adapter(other.url, { login }).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      message: expect.stringContaining('(the registry says: invalid_grant the robot was deleted)'),
    })
  })

  test('Basic is answered, and sent unasked from then on', async () => {
    const registry = await fake(({ authorization }, response) => {
      if (authorization === basic) sendManifest(response, image.manifest)
      else send(response, 401, {}, { 'www-authenticate': 'Basic realm="https://x.example"' })
    })
    const asking = adapter(registry.url, { login })
    await asking.manifest('quay.io/opsee/api', 'v1')
    await asking.manifest('quay.io/opsee/api', 'v1')
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([undefined, basic, basic])
  })

  test.each<[string, (realm: string) => string | string[]]>([
    ['two headers', (realm) => ['Basic realm="r"', `Bearer realm="${realm}"`]],
    ['one header', (realm) => `Basic realm="a, b", bearer Realm="${realm}" , scope="repository:opsee/api:pull,push"`],
    ['without quotes', (realm) => `Bearer realm=${realm}, service=x`],
  ])('of several challenges the bearer is answered: %s', async (_what, challenge) => {
    const { tokens, registry } = await withTokens((_, response) => send(response, 200, { token: 'good' }), challenge)
    expect(await adapter(registry.url, { login }).manifest('quay.io/opsee/api', 'v1')).not.toBeNull()
    expect(tokens.asked[0]?.line).toContain('scope=repository%3Aopsee%2Fapi%3Apull')
  })

  test('a wrong password is told by its user’s name, and never shown', async () => {
    const { registry } = await withTokens((_, response) => send(response, 401, { details: `no ${password}` }))
    await expect(adapter(registry.url, { login }).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      name: 'RegistryFault',
      kind: 'refused',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ gives no token for quay\.io\/opsee\/api \(HTTP 401\): the name or the password of opsee\+bot is wrong/,
      ),
    })
  })

  test('a refusal says what to do: for nobody, and for a user', async () => {
    const registry = await fake((_, response) => send(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' }))
    await expect(adapter(registry.url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'refused',
      message:
        'quay.io refuses to show quay.io/opsee/api:v1 (HTTP 401): there is no such repository, or it needs a user who may pull; ' +
        'name one in registry.hosts.quay.io.username',
    })
    await expect(adapter(registry.url, { login }).tags('quay.io/opsee/api')).rejects.toMatchObject({
      message:
        'quay.io refuses to list the tags of quay.io/opsee/api (HTTP 401): there is no such repository, or opsee+bot may not pull from it',
    })
  })

  test.each([
    ['an answer without a token', { expires_in: 3 }],
    ['a token of line ends', { token: 'good\r\nx-evil: 1' }],
    ['a page', '<html>welcome</html>'],
  ])('%s is no token', async (_what, body) => {
    const { registry } = await withTokens((_, response) => send(response, 200, body))
    await expect(adapter(registry.url, { login }).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'wrong',
      message: expect.stringMatching(/answered with no token for quay\.io/),
    })
  })

  test('what a registry says of its refusal holds no secret that it was sent', async () => {
    const registry = await fake(({ authorization }, response) => {
      if (authorization === undefined) send(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' })
      else send(response, 400, { errors: [{ code: 'ODD', message: `you sent ${authorization}, ${password}` }] })
    })
    const fault: unknown = await adapter(registry.url, { login })
      .labels('quay.io/opsee/api', image.digest)
      .catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind: 'wrong', message: expect.stringContaining('HTTP 400') })
    expect(String(fault)).toContain('you sent')
    expect(String(fault)).not.toContain('horse')
    expect(String(fault)).not.toContain(basic.slice(6))
  })
})
