import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { z } from 'zod'
import { builtFile } from './built.ts'
import { MEASURED_TIMING, type LabTiming } from './cluster/timing.ts'
import type { LabConfig } from './config.ts'
import { freeAddresses } from './addresses.ts'
import type { FaultOrder } from './serve/fault-order.ts'
import type { Instance } from './serve/instances.ts'

export type { FaultOrder, Instance }

export interface FleetOptions {
  /** An existing or new directory for the log and the processes; it stays. */
  readonly dir: string
  /** How many machines; 3 where nothing is said. */
  readonly machines?: number
  /** A loopback address for each machine; free ones are found where none are given. */
  readonly ips?: readonly string[]
  /** The 32 hex digits of each machine; made from the address where none are given. */
  readonly ids?: readonly string[]
  /** Metadata of each machine; `host=f1,tier=lab`, `host=f2…` where none is given. */
  readonly metadata?: readonly Readonly<Record<string, string>>[]
  /** Port of the fleet API at each address; 49153 where nothing is said. */
  readonly port?: number
  /** All delays of fleet, systemd and fleetctl are multiplied by this; 1 where nothing is said. */
  readonly timeScale?: number
  /** Seeds how far agents and reports are out of step with each other; 1 where nothing is said. */
  readonly seed?: number
  readonly timing?: Partial<LabTiming>
  /** Keeps `<dir>/chronicle.jsonl`, a line for each change of what fleet knows and what runs, looking so often (real ms). */
  readonly chronicleEveryMs?: number
  /** Added to the environment of every process. */
  readonly env?: Readonly<Record<string, string>>
  /** Programs to run in place of others, by full path. */
  readonly aliases?: Readonly<Record<string, string>>
}

export interface Fleet {
  /** URLs for `fleetctl --endpoint`, one for each machine. */
  readonly endpoints: readonly string[]
  /** URL of the control address. */
  readonly control: string
  /** Path of the JSON-lines log of what was really done. */
  readonly log: string
  readonly machines: readonly { readonly id: string; readonly ip: string }[]
  /** Process id of the lab. */
  readonly pid: number
  fault(order: FaultOrder): Promise<void>
  /** What really runs. */
  instances(): Promise<Instance[]>
  /** What all instances wrote, also on machines that are off. */
  journals(): Promise<readonly FleetJournalLine[]>
  /** Ends the lab and every process of it. */
  stop(): Promise<void>
}

const Ready = z.object({ endpoints: z.array(z.string()), control: z.string(), log: z.string() })
const Instances = z.object({
  instances: z.array(
    z.object({
      unit: z.string(),
      machine: z.string(),
      ip: z.string(),
      pid: z.number().nullable(),
      startedAt: z.number().nullable(),
      active: z.string(),
      sub: z.string(),
      hash: z.string(),
      starts: z.number(),
    }),
  ),
})

const Journals = z.object({
  lines: z.array(z.object({ unit: z.string(), at: z.number(), from: z.string(), pid: z.number(), text: z.string() })),
})
type FleetJournalLine = z.infer<typeof Journals>['lines'][number]

/** Starts a lab in a process of its own and resolves when its addresses answer. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const config = await configOf(options)
  mkdirSync(options.dir, { recursive: true })
  const file = join(options.dir, 'lab.json')
  writeFileSync(file, JSON.stringify(config, null, 2))
  const child = spawn(execPath, [builtFile('daemon.js'), file], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ready = await readyOf(child)
  const fault = async (order: FaultOrder): Promise<void> => {
    const response = await fetch(`${ready.control}/lab/fault`, { method: 'POST', body: JSON.stringify(order) })
    if (!response.ok) throw new Error(`the lab refuses the fault ${JSON.stringify(order)}: ${await response.text()}`)
  }
  return {
    ...ready,
    machines: config.machines.map(({ id, ip }) => ({ id, ip })),
    pid: child.pid ?? 0,
    fault,
    instances: async () => {
      const response = await fetch(`${ready.control}/lab/instances`)
      return Instances.parse(await response.json()).instances
    },
    journals: async () => {
      const response = await fetch(`${ready.control}/lab/journals`)
      return Journals.parse(await response.json()).lines
    },
    stop: () => ended(child),
  }
}

async function configOf(options: FleetOptions): Promise<LabConfig> {
  const port = options.port ?? 49_153
  const ips = options.ips ?? (await freeAddresses(options.machines ?? 3, port))
  const machines = ips.map((ip, index) => ({
    id: options.ids?.[index] ?? machineId(ip, index + 1),
    ip,
    metadata: { ...(options.metadata?.[index] ?? { host: `f${index + 1}`, tier: 'lab' }) },
  }))
  return {
    machines,
    port,
    control: { ip: ips[0] ?? '127.0.0.1', port: 0 },
    timeScale: options.timeScale ?? 1,
    seed: options.seed ?? 1,
    chronicleEveryMs: options.chronicleEveryMs ?? null,
    timing: { ...MEASURED_TIMING, ...options.timing },
    dir: options.dir,
    env: { PATH: env['PATH'] ?? '/usr/bin:/bin', ...options.env },
    aliases: { ...options.aliases },
  }
}

/** 32 hex digits, whose first eight tell the machines of a lab apart, as fleetctl shows no more. */
function machineId(ip: string, number: number): string {
  const address = ip.split('.').map((part) => hex(Number(part), 2))
  return `${hex(number, 2)}ce5000${address.join('')}${'0'.repeat(16)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function readyOf(child: ChildProcess): Promise<z.infer<typeof Ready>> {
  return new Promise((resolve, reject) => {
    let said = ''
    let complained = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complained += chunk.toString('utf8')
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('\n')) resolve(Ready.parse(JSON.parse(said)))
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`the stand-in fleet ended with ${code ?? 'a signal'}: ${complained}`)),
    )
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
