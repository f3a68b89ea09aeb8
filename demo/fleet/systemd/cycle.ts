import { rmSync } from 'node:fs'
import type { ServiceConfig } from '../units/service-config.ts'
import { parseExecLine, type ExecCommand, type ExecContext } from '../units/exec-line.ts'
import { runCommand, type Outcome, type Running } from './command.ts'
import { execContextOf } from './environment.ts'
import type { Host } from './host.ts'
import { endGroup, type Ending } from './ending.ts'
import { waitReady } from './ready.ts'
import type { Result, ServiceState } from './states.ts'

/** The service that a cycle belongs to. */
export interface Life {
  readonly unit: string
  readonly host: Host
  readonly stopWanted: boolean
  /** The machine lost its power: nothing more may be run. */
  readonly gone: boolean
  readonly groups: Set<Running>
  mainPid: number
  startedAt: number | null
  starts: number
  enter(state: ServiceState): void
  stopAsked(): Promise<void>
}

type Waited =
  | { readonly kind: 'stop' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'ended'; readonly outcome: Outcome }

/** One life of a service, from ExecStartPre to ExecStopPost: resolves with its result when nothing of it is left. */
export async function runCycle(life: Life, config: ServiceConfig): Promise<Result> {
  let context: ExecContext
  try {
    context = execContextOf(life.unit, config, life.host)
  } catch (error) {
    tell(life, error instanceof Error ? error.message : String(error))
    return 'resources'
  }
  rmSync(life.host.readyFile(life.unit), { force: true })
  tell(life, `Starting ${life.unit} - ${config.description}...`)
  const cycle = new Cycle(life, config, context)
  const result = await cycle.run()
  tell(life, result === 'success' ? `Stopped ${life.unit}.` : `${life.unit}: Failed with result '${result}'.`)
  return result
}

class Cycle {
  readonly #life: Life
  readonly #config: ServiceConfig
  readonly #context: ExecContext
  readonly #deadline: Promise<{ readonly kind: 'timeout' }>
  #main: Running | null = null

  constructor(life: Life, config: ServiceConfig, context: ExecContext) {
    this.#life = life
    this.#config = config
    this.#context = context
    this.#deadline = after(life.host, config.timeoutStartMs)
  }

  async run(): Promise<Result> {
    const up = await this.#startUp()
    const main = this.#main
    let result = up
    if (up === 'success' && main !== null && !this.#life.stopWanted) result = await this.#stayUp(main)
    return this.#wayDown(result)
  }

  async #startUp(): Promise<Result> {
    const pre = await this.#each('activating/start-pre', this.#config.execStartPre)
    if (pre !== 'success' || this.#life.stopWanted) return pre
    const commands = this.#config.execStart.flatMap((line) => this.#parse(line))
    if (this.#config.type === 'oneshot') {
      const done = await this.#each('activating/start', this.#config.execStart)
      if (done !== 'success' || this.#life.stopWanted || !this.#config.remainAfterExit) return done
      this.#life.enter('active/exited')
      await this.#life.stopAsked()
      return 'success'
    }
    const [command] = commands
    if (command === undefined) return 'resources'
    const main = this.#startMain(command)
    if (this.#config.type === 'notify') {
      this.#life.enter('activating/start')
      const waited = await this.#wait(main, waitReady(this.#context.env, this.#life.host.clock))
      if (waited.kind === 'timeout') return 'timeout'
      if (waited.kind === 'ended') return this.#resultOf(waited.outcome)
      if (this.#life.stopWanted) return 'success'
    }
    return this.#each('activating/start-post', this.#config.execStartPost)
  }

  #startMain(command: ExecCommand): Running {
    const fault = this.#life.host.faultOf(this.#life.unit)
    const main = this.#spawn('main', fault.failStart === true ? { argv: ['/bin/false'], mayFail: false } : command)
    this.#main = main
    this.#life.mainPid = main.pid
    this.#life.startedAt = main.startedAt
    this.#life.starts += 1
    if (fault.crashAfterMs !== undefined) {
      const cancel = this.#life.host.clock.after(fault.crashAfterMs, () => main.signal('SIGKILL', true))
      void main.done.then(cancel)
    }
    return main
  }

  async #stayUp(main: Running): Promise<Result> {
    this.#life.enter('active/running')
    tell(this.#life, `Started ${this.#life.unit} - ${this.#config.description}.`)
    const waited = await this.#wait(main, null)
    if (waited.kind !== 'ended') return 'success'
    const result = this.#resultOf(waited.outcome)
    if (result !== 'success') tell(this.#life, `${this.#life.unit}: Main process exited, ${inWords(waited.outcome)}`)
    if (!this.#config.remainAfterExit) return result
    if (result === 'success') {
      this.#life.enter('active/exited')
      await this.#life.stopAsked()
    }
    return result
  }

  async #wayDown(before: Result): Promise<Result> {
    let result = before
    const worse = (other: Result): void => {
      if (result === 'success') result = other
    }
    const main = this.#main
    if (main !== null) {
      if (this.#config.execStop.length > 0) await this.#each('deactivating/stop', this.#config.execStop, true)
      worse(await this.#end(main))
      const outcome = await main.done
      if (this.#life.stopWanted) worse(this.#resultOf(outcome))
      this.#life.mainPid = 0
    }
    if (this.#config.execStopPost.length > 0) {
      worse(await this.#each('deactivating/stop-post', this.#config.execStopPost, true))
    }
    return result
  }

  /** Runs lines one after the other; the first that fails ends them. On the way down nothing but time stops them. */
  async #each(state: ServiceState, lines: readonly string[], down = false): Promise<Result> {
    for (const command of lines.flatMap((line) => this.#parse(line))) {
      if (this.#life.gone || (!down && this.#life.stopWanted)) return 'success'
      this.#life.enter(state)
      const running = this.#spawn(state, command)
      const limit = after(this.#life.host, this.#config.timeoutStopMs)
      const waited = down
        ? await Promise.race([limit, ended(running)])
        : await this.#wait(running, null, this.#deadline)
      if (waited.kind === 'ended') {
        running.forget()
        const result = this.#resultOf(waited.outcome)
        if (result !== 'success' && !command.mayFail) return result
        continue
      }
      await this.#end(running)
      return waited.kind === 'timeout' ? 'timeout' : 'success'
    }
    return 'success'
  }

  async #wait(running: Running, ready: Promise<Waited> | null, limit?: Promise<Waited>): Promise<Waited> {
    const waits = [ended(running), this.#life.stopAsked().then((): Waited => ({ kind: 'stop' }))]
    if (ready !== null) waits.push(ready, this.#deadline)
    if (limit !== undefined) waits.push(limit)
    return Promise.race(waits)
  }

  async #end(running: Running): Promise<Result> {
    const { host, unit, gone } = this.#life
    if (gone) return running.done.then(() => 'success')
    const ending: Ending = {
      host,
      unit,
      timeoutMs: this.#config.timeoutStopMs,
      delayMs: host.faultOf(unit).slowStopMs ?? 0,
      killMode: this.#config.killMode,
      enter: (state) => this.#life.enter(state),
    }
    return (await endGroup(running, ending)) === 'killed' ? 'timeout' : 'success'
  }

  #spawn(kind: string, command: ExecCommand): Running {
    const { host, unit } = this.#life
    const [program = '', ...args] = command.argv
    const argv = [host.aliases[program] ?? program, ...args]
    const output = (text: string, pid: number): void =>
      host.journal.add(unit, { at: host.clock.now(), from: nameOf(program), pid, text })
    const cwd = this.#config.workingDirectory?.replace(/^-/, '') ?? host.cwd
    const running = runCommand({ argv, env: this.#context.env, cwd, output }, host.reaper)
    const where = { unit, machine: host.machine, pid: running.pid }
    host.witness.note({ action: 'exec-start', ...where, detail: { kind, argv: command.argv } })
    this.#life.groups.add(running)
    void running.done.then((outcome) => {
      this.#life.groups.delete(running)
      host.witness.note({ action: 'exited', ...where, detail: { ...outcome, kind, how: outcome.kind } })
    })
    return running
  }

  #parse(line: string): ExecCommand[] {
    return parseExecLine(line, this.#context)
  }

  #resultOf(outcome: Outcome): Result {
    if (outcome.kind === 'exited') return this.#config.successCodes.includes(outcome.code) ? 'success' : 'exit-code'
    return ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'].includes(outcome.signal) ? 'success' : 'signal'
  }
}

function ended(running: Running): Promise<Waited> {
  return running.done.then((outcome) => ({ kind: 'ended', outcome }))
}

function after(host: Host, ms: number): Promise<{ readonly kind: 'timeout' }> {
  return new Promise((resolve) => {
    host.clock.after(ms, () => resolve({ kind: 'timeout' }))
  })
}

function tell(life: Life, text: string): void {
  life.host.journal.add(life.unit, { at: life.host.clock.now(), from: 'systemd', pid: 1, text })
}

function inWords(outcome: Outcome): string {
  return outcome.kind === 'exited'
    ? `code=exited, status=${outcome.code}/FAILURE`
    : `code=killed, signal=${outcome.signal.replace('SIG', '')}`
}

function nameOf(program: string): string {
  return program.slice(program.lastIndexOf('/') + 1)
}
