import { readdirSync, readFileSync } from 'node:fs'

/**
 * Whether a process group still has a living member. Zombies do not count: where nobody reaps orphans, the kernel would
 * otherwise call a finished group alive for ever.
 */
export function groupAlive(group: number): boolean {
  if (!answers(group)) return false
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && memberOf(entry, group))
}

function answers(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}

function memberOf(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // After the parenthesised name, which may hold anything: state, parent, process group (proc(5)).
    const [state, , member] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(member) === group && state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}
