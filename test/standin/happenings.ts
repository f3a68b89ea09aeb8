import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FaultOrder } from '../../demo/fleet/start.ts'

/** What has to be done, or what has to be true, for a happening of the recording. */
export type Deed =
  | { readonly kind: 'fault'; readonly order: FaultOrder }
  | { readonly kind: 'empty-cluster' }
  | { readonly kind: 'remove-file'; readonly name: string }
  | { readonly kind: 'test-server'; readonly status: number; readonly body: string }
  /** A poll of the recording reached what it waited for. */
  | { readonly kind: 'await-row'; readonly unit: string; readonly wanted: 'stopped' | 'gone' | 'running' }
  /** The main process of a unit is, or is not, the one that the last call found. */
  | { readonly kind: 'main-process'; readonly unit: string; readonly running: boolean }
  | { readonly kind: 'alive'; readonly unit: string | null; readonly count: number }
  | { readonly kind: 'nothing' }

const DEEDS: readonly [RegExp, (...parts: string[]) => Deed][] = [
  [/machine (f\d) loses power/, (machine = '') => fault({ kind: 'power-loss', machine })],
  [/(f\d) powered on/, (machine = '') => fault({ kind: 'power-on', machine })],
  [/(f\d) is told to power off/, (machine = '') => fault({ kind: 'shutdown', machine })],
  [/network of (f\d) goes down/, (machine = '') => fault({ kind: 'partition', machine })],
  [/network of (f\d) comes back/, (machine = '') => fault({ kind: 'heal', machine })],
  [/etcd frozen \(SIGSTOP\) for about (\d+) s/, (s = '') => fault({ kind: 'etcd-freeze', forMs: Number(s) * 1000 })],
  [/systemctl restart of fleetd on (f\d)/, (machine = '') => fault({ kind: 'fleetd-restart', machine })],
  [/systemctl restart fleet on (f\d)/, (machine = '') => fault({ kind: 'fleetd-restart', machine })],
  [/systemctl stop of fleetd and its socket on (f\d)/, (machine = '') => fault({ kind: 'fleetd-stop', machine })],
  [/fleetd on (f\d) started again/, (machine = '') => fault({ kind: 'fleetd-start', machine })],
  [/fleetd frozen \(SIGSTOP\) on (f\d)/, (machine = '') => fault({ kind: 'fleetd-freeze', machine })],
  [/fleetd continues/, () => fault({ kind: 'fleetd-thaw', machine: 'f1' })],
  [/^fleetd on (f\d) crashes/, (machine = '') => fault({ kind: 'fleetd-crash', machine })],
  [/^cluster emptied/, () => ({ kind: 'empty-cluster' })],
  [/^removed from cwd: (\S+)/, (name = '') => ({ kind: 'remove-file', name })],
  [
    /answers every request with (\d+) and body '([^]*)'$/,
    (status = '', body = '') => ({ kind: 'test-server', status: Number(status), body }),
  ],
  [/^(\S+): wait until stopped: reached/, (unit = '') => ({ kind: 'await-row', unit, wanted: 'stopped' })],
  [/^(\S+): wait until row is gone: reached/, (unit = '') => ({ kind: 'await-row', unit, wanted: 'gone' })],
  [/^(\S+): wait until active.running/, (unit = '') => ({ kind: 'await-row', unit, wanted: 'running' })],
  [
    /^main process of (\S+) replaced: False; running now: (True|False)/,
    (unit = '', running = '') => ({ kind: 'main-process', unit: `${unit}.service`, running: running === 'True' }),
  ],
  [
    /^MainPID of (\S+), \S+ unchanged so far: True/,
    (unit = '') => ({ kind: 'main-process', unit: `${unit}.service`, running: true }),
  ],
  [/^main process still alive on: f\d/, () => ({ kind: 'alive', unit: null, count: 1 })],
  [/^process of (\S+) alive on: f\d/, (unit = '') => ({ kind: 'alive', unit: `${unit}.service`, count: 1 })],
  [/^process of (\S+) alive on: none/, (unit = '') => ({ kind: 'alive', unit: `${unit}.service`, count: 0 })],
]

export function deedOf(text: string): Deed {
  for (const [pattern, make] of DEEDS) {
    const found = pattern.exec(text)
    if (found !== null) return make(...found.slice(1))
  }
  return { kind: 'nothing' }
}

/** `on the hosts: worker@3.service: f1 process #2, f3 process #1` as the numbers of what lives, sorted. */
export function seenOnHosts(text: string): { readonly unit: string; readonly live: string } | null {
  const found = /^on the hosts: (\S+): (.*)$/.exec(text)
  if (found === null) return null
  const numbers = [...(found[2] ?? '').matchAll(/#(\d+)/g)].map((match) => Number(match[1]))
  return { unit: found[1] ?? '', live: numbers.sort((a, b) => a - b).join(',') }
}

export function removeFile(cwd: string, name: string): void {
  rmSync(join(cwd, name), { force: true })
}

function fault(order: FaultOrder): Deed {
  return { kind: 'fault', order }
}
