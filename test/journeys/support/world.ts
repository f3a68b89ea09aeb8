import { recordsIn, type Records } from './records.ts'
import { openShop, type Shop } from './shop.ts'
import { startSlackProxy, type SlackProxy } from './slack-proxy.ts'

/** A running shop, its records, and the proxy before its Slack. */
export interface World {
  readonly shop: Shop
  readonly records: Records
  /** Between the bot and the Slack's Web API. */
  readonly proxy: SlackProxy
}

export async function openWorld(): Promise<World & { close(): Promise<void> }> {
  const proxies: SlackProxy[] = []
  const shop = await openShop({
    settings: {
      // A unit that fleet runs on every machine, by the name of a service.
      'services:\n': 'services:\n  registrator:\n    team: api-team\n    unit: registrator.service\n',
      // What builds deploy by themselves, and where the others are told.
      'image: quay.io/opsee/beavis\n':
        'image: quay.io/opsee/beavis\n    channel: C0DEPLOYS\n    deployOnPush: [staging]\n',
      'image: quay.io/opsee/spanx\n': 'image: quay.io/opsee/spanx\n    channel: C0DEPLOYS\n',
      'leaseTtl: 10s': 'leaseTtl: 6s',
      'pollInterval: 300ms': 'pollInterval: 200ms\n  callTimeout: 2400ms',
    },
    between: async (apiUrl) => {
      const proxy = await startSlackProxy(new URL('/', apiUrl).href)
      proxies.push(proxy)
      return proxy.apiUrl
    },
  })
  const [proxy] = proxies
  if (proxy === undefined) throw new Error('the bot was configured without the proxy')
  const close = async (): Promise<void> => {
    await shop.close()
    await proxy.close()
  }
  return { shop, records: recordsIn(shop.etcdHttp), proxy, close }
}
