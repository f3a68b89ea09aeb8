import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { answerJson, readBody } from './answer.ts'
import { applyFault, type LabParts } from './apply-fault.ts'
import { FaultOrder } from './fault-order.ts'
import { instancesOf } from './instances.ts'
import { registryOf } from './fleet-api.ts'

/**
 * The lab's own address, which is no part of fleet: `GET /lab` says what there is, `GET /lab/instances` what really runs, `GET /lab/journals` what all
 * instances wrote, also on machines that are off, `GET /lab/registry` what fleet knows whatever its API is made to answer, and
 * `POST /lab/fault` makes faults. Resolves with its URL.
 */
export async function openControl(
  lab: LabParts,
  address: { readonly ip: string; readonly port: number },
  note: (order: FaultOrder) => void,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    answer(request, response, lab, note).catch((error: unknown) => {
      answerJson(response, 400, { error: error instanceof Error ? error.message : String(error) })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.ip, resolve)
  })
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
  return { url: `http://${address.ip}:${port}`, server }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  lab: LabParts,
  note: (order: FaultOrder) => void,
): Promise<void> {
  response.setHeader('connection', 'close')
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /lab':
      return answerJson(response, 200, {
        machines: lab.machines.map(({ spec, mode }) => ({
          ...spec,
          mode,
          endpoint: lab.servers.get(spec.id)?.endpoint ?? null,
        })),
      })
    case 'GET /lab/instances':
      return answerJson(response, 200, { instances: instancesOf(lab.machines) })
    case 'GET /lab/journals':
      return answerJson(response, 200, { lines: lab.machines.flatMap(({ journal }) => journal.all()) })
    case 'GET /lab/registry':
      return answerJson(response, 200, registryOf(lab.registry))
    case 'POST /lab/fault': {
      const parsed = FaultOrder.safeParse(JSON.parse(await readBody(request)))
      if (!parsed.success) throw new Error(`this is no fault: ${z.prettifyError(parsed.error)}`)
      note(parsed.data)
      await applyFault(parsed.data, lab)
      return answerJson(response, 200, {})
    }
    default:
      return answerJson(response, 404, {
        error: 'ask for /lab, /lab/instances, /lab/journals, /lab/registry or POST /lab/fault',
      })
  }
}
