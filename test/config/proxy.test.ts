import { describe, expect, it } from 'vitest'
import { proxySecrets, readProxy } from '../../src/config/proxy.ts'

describe('The proxy of the environment', () => {
  it('is none without a variable', () => {
    expect(readProxy({})).toEqual({ kind: 'none' })
    expect(readProxy({ NO_PROXY: '*', HTTPS_PROXY: ' ' })).toEqual({ kind: 'none' })
  })

  it('is read from large and small letters, small ones first, and named without its password', () => {
    const env = {
      HTTPS_PROXY: 'http://big:1',
      https_proxy: 'http://me:hunter22@small:3128',
      HTTP_PROXY: 'plain:8080',
      NO_PROXY: '.internal',
    }
    expect(readProxy(env)).toEqual({
      kind: 'proxy',
      proxy: { http: 'http://plain:8080/', https: 'http://me:hunter22@small:3128/', except: '.internal' },
      text: 'Slack, registries and webhooks are asked through a proxy (https_proxy is small:3128, HTTP_PROXY is plain:8080; not for NO_PROXY: .internal)',
    })
    expect(proxySecrets(env)).toContain('hunter22')
  })

  it.for([
    ['socks5://me:hunter22@proxy:1080', 'HTTPS_PROXY begins with socks5://: write the proxy as http://host:port.'],
    ['http://', 'HTTPS_PROXY begins with http://: write the proxy as http://host:port.'],
    [':::', 'HTTPS_PROXY is no address: write the proxy as http://host:port.'],
  ] as const)('is refused when it is %s', ([value, message]) => {
    expect(readProxy({ HTTPS_PROXY: value })).toEqual({ kind: 'fault', message })
  })
})
