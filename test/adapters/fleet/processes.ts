import { readdirSync, readFileSync } from 'node:fs'

/** Pids of the living members of a process group; what waits to be reaped is dead. Linux only. */
export function groupMembers(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = statOf(pid)
      return stat !== null && stat.group === group && stat.state !== 'Z' && stat.state !== 'X'
    })
}

function statOf(pid: number): { readonly state: string; readonly group: number } | null {
  try {
    // The name in parentheses may hold blanks: what counts comes after it.
    const [state = '', , group = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { state, group: Number(group) }
  } catch {
    return null
  }
}
