import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { arch, cpus, loadavg, release, totalmem } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startEtcd } from '../demo/etcd/start.ts'

const run = promisify(execFile)

/** One line: what it ran on. */
export const machineText = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()} ${arch()}`

/** Processes that want to run, over the last minute. */
export const loadText = (): string => (loadavg()[0] ?? 0).toFixed(1)

/** One line: versions of what takes part. */
export async function versionsText(root: string): Promise<string> {
  const packages = ['@slack/bolt', 'etcd3', 'local-slack-linux-x64']
  const versions = await Promise.all(packages.map((name) => versionOf(path.join(root, 'node_modules', name))))
  const own = await versionOf(root)
  const commit = await run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']).then(
    ({ stdout }) => ` (${stdout.trim()})`,
    () => '',
  )
  return [
    `opsee ${own}${commit}`,
    `Node ${process.versions.node}`,
    `etcd ${await etcdVersion()}`,
    ...packages.map((name, n) => `${name} ${versions[n]}`),
  ].join(', ')
}

async function etcdVersion(): Promise<string> {
  const etcd = await startEtcd()
  try {
    const answer = await fetch(`${etcd.endpoint}/version`, { signal: AbortSignal.timeout(5000) })
    return z.object({ etcdserver: z.string() }).parse(await answer.json()).etcdserver
  } finally {
    await etcd.stop()
  }
}

async function versionOf(folder: string): Promise<string> {
  const text = await readFile(path.join(folder, 'package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
