import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { refuseAgent } from './agent-socket.ts'
import type { Endpoint } from './endpoint.ts'
import type { MachineCache } from './model.ts'
import { field, type Session } from './session.ts'

const FINGERPRINT = '96:78:b6:12:3a:71:b2:2b:d1:eb:07:76:57:44:ad:6a'

export type Inside =
  { readonly kind: 'inside'; readonly endpoint: Endpoint } | { readonly kind: 'refused'; readonly reason: string }

/**
 * Where `status` and `journal` look on a machine. The real fleetctl goes there by ssh, and fails in the same words
 * without an agent or with an unknown host; here the machine's own API answers in its place.
 */
export async function insideOf(session: Session, cache: MachineCache, machine: string): Promise<Inside> {
  const agent = refuseAgent(session.world)
  if (agent !== null) return { kind: 'refused', reason: agent }
  const host = await cache.get(machine)
  if (host === null) return { kind: 'refused', reason: 'the machine is not listed' }
  if (session.flags['strict-host-key-checking'] !== 'false' && !isKnown(session, host.ip)) {
    session.err(
      `The authenticity of host '${host.ip}' can't be established.\nECDSA key fingerprint is ${FINGERPRINT}.\n` +
        'Are you sure you want to continue connecting (yes/no)? Host key verification failed.',
    )
    return { kind: 'refused', reason: 'ssh: handshake failed: unauthorized host' }
  }
  const { place } = session.endpoint
  const port = place.kind === 'tcp' ? place.port : 49153
  const shown = `http://${host.ip}:${port}`
  const there = { kind: 'tcp', host: host.ip, port } as const
  return {
    kind: 'inside',
    endpoint: { place: there, shown, host: `${host.ip}:${port}`, prefix: '', unsupported: null },
  }
}

export async function showStatus(
  session: Session,
  inside: Extract<Inside, { kind: 'inside' }>,
  unit: string,
): Promise<number> {
  const answer = await session.askInside(inside.endpoint, `status/${encodeURIComponent(unit)}`)
  const active = textOf(answer, 'active')
  const sub = textOf(answer, 'sub')
  const failedWith = active === 'failed' ? ` (Result: ${textOf(answer, 'result')})` : ` (${sub})`
  const mark = active === 'failed' ? '×' : active === 'active' ? '●' : '○'
  const pid = Number(field(answer, 'mainPid') ?? 0)
  session.write(
    `${mark} ${unit} - ${textOf(answer, 'description')}\n` +
      `     Loaded: ${textOf(answer, 'load')} (/run/systemd/system/${unit}; linked-runtime; preset: enabled)\n` +
      `     Active: ${active}${failedWith}\n${pid > 0 ? `   Main PID: ${pid}\n` : ''}\n` +
      linesOf(answer).join(''),
  )
  return active === 'active' || active === 'activating' ? 0 : 3
}

export async function showJournal(
  session: Session,
  inside: Extract<Inside, { kind: 'inside' }>,
  unit: string,
): Promise<number> {
  const count = Number(session.flags['lines'] ?? 10)
  if (count < 0) {
    session.err(`journalctl: invalid option -- '${String(-count).charAt(0)}'`)
    return 1
  }
  const fetch = async (): Promise<string[]> =>
    linesOf(await session.askInside(inside.endpoint, `journal/${encodeURIComponent(unit)}`), session.flags['output'])
  const first = await fetch()
  session.write(first.slice(first.length - Math.min(count, first.length)).join(''))
  let shown = first.length
  while (session.isOn('follow') || session.isOn('f')) {
    await session.sleep(500)
    const more = await fetch()
    session.write(more.slice(shown).join(''))
    shown = more.length
  }
  return 0
}

function isKnown(session: Session, ip: string): boolean {
  const file = (session.flags['known-hosts-file'] ?? '~/.fleetctl/known_hosts').replace(/^~/, homedir())
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => (line.split(' ')[0] ?? '').split(',').includes(ip))
  } catch {
    return false
  }
}

function linesOf(answer: unknown, output = 'short'): string[] {
  const lines = field(answer, 'lines')
  if (!Array.isArray(lines)) return []
  return lines.map((line: unknown) => {
    const at = new Date(Number(field(line, 'at')))
    const text = textOf(line, 'text')
    const from = textOf(line, 'from')
    const pid = Number(field(line, 'pid'))
    if (output === 'cat') return `${text}\n`
    if (output === 'json') {
      const record = {
        __REALTIME_TIMESTAMP: `${at.getTime()}000`,
        SYSLOG_IDENTIFIER: from,
        _PID: String(pid),
        MESSAGE: text,
      }
      return `${JSON.stringify(record)}\n`
    }
    const [, month = '', day = '', time = ''] = /^\w+, (\d+ )?(.*)$/.test(at.toUTCString())
      ? (/^\w+, (\d+) (\w+) \d+ ([\d:]+)/.exec(at.toUTCString()) ?? [])
      : []
    return `${day} ${month} ${time} vm ${from}[${pid}]: ${text}\n`
  })
}

function textOf(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
