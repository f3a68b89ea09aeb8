import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Machine } from '../cluster/machine.ts'
import { answerJson } from './answer.ts'

/**
 * What fleetctl sees through ssh on the real thing, `systemctl status` and `journalctl`:
 * `GET /standin/status/<unit>` and `GET /standin/journal/<unit>`.
 */
export function answerInside(request: IncomingMessage, response: ServerResponse, machine: Machine): void {
  const [, , kind = '', item = ''] = new URL(request.url ?? '/', 'http://lab').pathname.split('/')
  const unit = decodeURIComponent(item)
  const lines = machine.journal.lines(unit)
  if (kind === 'journal') return answerJson(response, 200, { lines })
  const service = machine.manager.services().find((one) => one.unit === unit)
  const { load, active, sub } = machine.manager.status(unit)
  answerJson(response, 200, {
    load,
    active,
    sub,
    description: service?.config.description ?? '',
    result: service?.result ?? 'success',
    mainPid: service?.mainPid ?? 0,
    startedAt: service?.startedAt ?? null,
    lines: lines.slice(-10),
  })
}
