import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * One instance of one of the shop's services: the process that the stand-in docker runs. Everything it knows comes from
 * the environment. A file can tell it to be unhealthy, its image can be a bad one.
 */
const {
  COREOS_PRIVATE_IPV4: ip = '127.0.0.1',
  FLEET_STANDIN_UNHEALTHY_FILE: unhealthyFile = '',
  SHOP_CONTAINER: container = '',
  SHOP_DIGEST: digest = '',
  SHOP_FAULT: fault = 'none',
  SHOP_IMAGE: image = '',
  SHOP_PORT: port = '',
  SHOP_REVISION: revision = '',
  SHOP_SERVICE: service = '',
  SHOP_VERSION: version = '',
} = process.env
const startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString()
const say = (text: string): void => void process.stdout.write(`${text}\n`)

say(`${service} ${version} (${revision}) starts from ${image}`)
if (fault === 'crash') {
  process.stderr.write(`panic: cannot reach the database with password=demo-only\n`)
  process.exit(1)
}

const wrong = (): string | null => {
  if (fault === 'unhealthy') return `${service} ${version} cannot reach its database`
  return unhealthyFile !== '' && existsSync(unhealthyFile) ? 'it was told to be unhealthy' : null
}

if (port === '') {
  // A worker: nothing listens, and the timer is what keeps it alive.
  const work = setInterval(() => say('took 0 results off the queue'), 60_000)
  process.once('SIGTERM', () => clearInterval(work))
} else {
  const server = createServer((request, response) => {
    const reason = request.url?.startsWith('/health') === true ? wrong() : null
    response.writeHead(reason === null ? 200 : 503, { 'content-type': 'application/json' })
    const about = {
      service,
      instance: container,
      started_at: startedAt,
      pid: process.pid,
      image,
      digest,
      version,
      revision,
    }
    response.end(`${JSON.stringify({ healthy: reason === null, reason, ...about })}\n`)
  })
  server.listen(Number(port), ip, () => say(`listens on ${ip}:${port}`))
  server.once('error', (error) => {
    process.stderr.write(`cannot listen on ${ip}:${port}: ${error.message}\n`)
    process.exit(1)
  })
  process.once('SIGTERM', () => {
    say('ends')
    server.close()
    server.closeAllConnections()
  })
}
