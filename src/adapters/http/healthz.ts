import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { listen, type Listener, type ListenOptions } from './listen.ts'

/** `GET /healthz` on a port of its own, which the load on the other ports does not reach. */
export async function listenForHealth(
  options: Pick<ListenOptions, 'port' | 'host'>,
  clock: Clock,
  log: Log,
): Promise<Listener> {
  const listener = await listen(
    { ...options, purpose: 'health checks', block: 'healthz', headersMs: 2000, requestMs: 2000 },
    (request, response) => {
      const path = request.url?.split('?', 1)[0]
      const there = path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')
      response.writeHead(there ? 200 : 404, { 'content-type': 'text/plain' }).end(there ? 'ok\n' : 'not here\n')
    },
    clock,
  )
  log.info({ host: options.host, port: listener.port }, 'listening for health checks')
  return listener
}
