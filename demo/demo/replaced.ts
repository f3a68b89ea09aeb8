import type { Instance } from '../fleet/start.ts'

/** As much of a rollout as matters here. */
interface Rolled {
  readonly instances: readonly { readonly unit: string }[]
}

/**
 * What of a rollout was not really replaced, one sentence each: judged by the stand-in fleet's own record of processes,
 * before and after, and not by what the bot says. Empty when every instance is a new process that started later.
 */
export function notReplaced(rollout: Rolled, before: readonly Instance[], after: readonly Instance[]): string[] {
  return rollout.instances.flatMap(({ unit }) => {
    const old = running(before, unit)
    const now = running(after, unit)
    const [fresh, ...more] = now
    if (fresh === undefined) return [`${unit} does not run`]
    if (more.length > 0) return [`${unit} runs ${now.length} times`]
    const kept = old.find(({ pid, machine }) => pid === fresh.pid && machine === fresh.machine)
    if (kept !== undefined) return [`${unit} is still process ${kept.pid} from ${timeOf(kept)}`]
    const later = old.every(({ startedAt }) => (startedAt ?? 0) < (fresh.startedAt ?? 0))
    return later ? [] : [`${unit} is process ${fresh.pid} from ${timeOf(fresh)}, no later than the one before`]
  })
}

/** The same in words, for a rollout with nothing wrong: `bartnet@1.service: process 10 became 11`. */
export function replacements(rollout: Rolled, before: readonly Instance[], after: readonly Instance[]): string[] {
  const pids = (instances: readonly Instance[], unit: string): string =>
    running(instances, unit)
      .map(({ pid }) => pid)
      .join(' and ') || 'none'
  return rollout.instances.map(({ unit }) => `${unit}: process ${pids(before, unit)} became ${pids(after, unit)}`)
}

const running = (instances: readonly Instance[], unit: string): Instance[] =>
  instances.filter((one) => one.unit === unit && one.sub === 'running')

const timeOf = ({ startedAt }: Instance): string => (startedAt === null ? 'nowhen' : new Date(startedAt).toISOString())
