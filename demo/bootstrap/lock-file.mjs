import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 200
const breakerStaleMs = 10_000

/**
 * Runs `work` while no other process of this machine runs under the same lock file. A lock whose owner died is taken
 * over. `waiting(pid)` is called once when somebody else has it. Throws after `limitMs` of waiting.
 */
export async function withLockFile(file, { waiting, limitMs }, work) {
  mkdirSync(path.dirname(file), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, born: birthOf(process.pid), token: randomUUID() })
  await acquire(file, mine, waiting, limitMs)
  const drop = () => {
    if (read(file) === mine) rmSync(file, { force: true })
  }
  process.once('exit', drop)
  try {
    return await work()
  } finally {
    process.off('exit', drop)
    drop()
  }
}

async function acquire(file, mine, waiting, limitMs) {
  const until = performance.now() + limitMs
  let told = false
  while (!createOnce(file, mine)) {
    const theirs = read(file)
    if (theirs !== null && isStale(theirs)) {
      removeStale(file, theirs)
      continue
    }
    if (!told && theirs !== null) waiting(ownerOf(theirs)?.pid ?? 0)
    told ||= theirs !== null
    if (performance.now() > until) {
      throw new Error(
        `Another process prepares this checkout and is not done after ${Math.round(limitMs / 60_000)} minutes (${theirs}).\nEnd it, or remove ${file}, and try again.`,
      )
    }
    await sleep(pollMs)
  }
}

// Removing is done under a second lock and after a second look: of two that found the same dead owner, the slower one
// would otherwise remove the lock that the faster one has just taken.
function removeStale(file, theirs) {
  const breaker = `${file}.break`
  if (!createOnce(breaker, String(process.pid))) {
    const age = ageOf(breaker)
    if (age !== null && age > breakerStaleMs) rmSync(breaker, { force: true })
    return
  }
  try {
    if (read(file) === theirs) rmSync(file, { force: true })
  } finally {
    rmSync(breaker, { force: true })
  }
}

// By a link, so that the lock never exists without its owner's name in it.
function createOnce(file, text) {
  const draft = `${file}.${process.pid}.${randomUUID().slice(0, 8)}`
  writeFileSync(draft, text)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function isStale(text) {
  const owner = ownerOf(text)
  if (owner === null) return true
  if (!isAlive(owner.pid)) return true
  return owner.born !== null && birthOf(owner.pid) !== owner.born
}

function ownerOf(text) {
  try {
    const owner = JSON.parse(text)
    return Number.isInteger(owner.pid) ? owner : null
  } catch {
    return null
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** What tells a process from a later one with the same id: its start in clock ticks (proc(5), stat field 22); null elsewhere than on Linux. */
function birthOf(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null)
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function ageOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs
  } catch {
    return null
  }
}
