import { resolveCommand } from './command.ts'
import { parseEndpoint } from './endpoint.ts'
import { FLAGS, findCommand, parseFlags, refuseValue, type FlagValues } from './flags.ts'
import { refuseAgent } from './agent-socket.ts'
import { messageOf, Session } from './session.ts'
import { errorLine, ForcedExit, logLine, type World } from './world.ts'

const VERSION = 'fleetctl version 1.0.0'
const UNIT_COMMANDS = new Set(['destroy', 'load', 'restart', 'start', 'stop', 'submit', 'unload'])

/**
 * A stand-in for fleetctl 1.0.0: same words, same streams, same exit codes, the misleading ones included. Resolves with
 * the exit code; rejects when the run is killed.
 */
export async function runFleetctl(world: World): Promise<number> {
  try {
    return await main(world)
  } catch (error) {
    if (error instanceof ForcedExit) return error.code
    throw error
  }
}

async function main(world: World): Promise<number> {
  const { args } = world
  if (args.length === 0) return help(world, async () => (await import('./help/index.ts')).briefHelp())
  if (args[0] === '--version' || args[0] === '-v') return version(world)
  const found = findCommand(args)
  if (found === null) return withoutCommand(world)
  const command = resolveCommand(found.word)
  if (command.kind === 'unknown') {
    errorLine(world, `Error: ${command.message}\nRun 'fleetctl --help' for usage.`)
    errorLine(world, `cannot execute cmdFleet: ${command.message}`)
    return 0
  }
  const { name } = command
  if (name === 'verify') errorLine(world, 'Command "verify" is deprecated, DEPRECATED - No longer works')
  const parsed = parseFlags(found.rest, { ...FLAGS.global, ...FLAGS.local[name] })
  if (parsed.kind === 'help') return commandHelp(world, name)
  if (parsed.kind === 'wrong') return wrongFlag(world, name, parsed.message)
  if (name === 'help') return commandHelp(world, parsed.words[0] ?? null)
  if (name === 'version') return version(world)
  if (name === 'verify') {
    errorLine(world, 'WARNING: The signed/verified units feature is DEPRECATED and cannot be used.')
    return 2
  }
  const session = openSession(world, name, { ...fromEnvironment(world), ...parsed.flags })
  if (session === null) return 1
  if (UNIT_COMMANDS.has(name) && parsed.words.length === 0) {
    errorLine(world, 'No units given')
    return 0
  }
  return session.exitCode(await run(name, session, parsed.words))
}

async function run(name: string, session: Session, words: readonly string[]): Promise<number> {
  if (name.startsWith('list-')) {
    const verbs = await import('./verbs-list.ts')
    if (name === 'list-units') return verbs.listUnits(session)
    return name === 'list-machines' ? verbs.listMachines(session) : verbs.listUnitFiles(session)
  }
  if (name === 'start' || name === 'load' || name === 'submit') {
    return (await import('./verbs-start.ts'))[name](session, words)
  }
  if (name === 'stop' || name === 'unload' || name === 'destroy' || name === 'restart') {
    return (await import('./verbs-stop.ts'))[name](session, words)
  }
  if (name === 'cat' || name === 'status' || name === 'journal' || name === 'ssh') {
    return (await import('./verbs-look.ts'))[name](session, words)
  }
  session.err(`the stand-in fleet has no ${name}`)
  return 1
}

function openSession(world: World, verb: string, flags: FlagValues): Session | null {
  const driver = flags['driver'] ?? 'API'
  const addresses = (flags['endpoint'] ?? 'unix:///var/run/fleet.sock').split(',')
  const [first = ''] = addresses
  try {
    if (driver !== 'API') throw new Error(`unrecognized driver "${driver}"`)
    if (addresses.length > 1) {
      logLine(world, 'WARN fleetctl.go:332', `multiple endpoints provided but only the first (${first}) is used`)
    }
    const endpoint = parseEndpoint(first)
    if ((flags['tunnel'] ?? '') !== '') {
      const reason = refuseAgent(world) ?? 'the stand-in fleet has no ssh server to tunnel through'
      throw new Error(`failed initializing SSH client: ${reason}`)
    }
    return new Session(verb, flags, endpoint, world)
  } catch (error) {
    errorLine(world, `Unable to initialize client: ${messageOf(error)}`)
    return null
  }
}

/** Global flags from FLEETCTL_…; an empty value counts as unset, a bad one is ignored in silence. */
function fromEnvironment(world: World): FlagValues {
  const flags: Record<string, string> = {}
  for (const [name, kind] of Object.entries(FLAGS.global)) {
    const value = world.env[`FLEETCTL_${name.toUpperCase().replaceAll('-', '_')}`] ?? ''
    if (value !== '' && refuseValue(name, kind, value) === null) flags[name] = value
  }
  return flags
}

async function withoutCommand(world: World): Promise<number> {
  const parsed = parseFlags(world.args, FLAGS.global)
  return parsed.kind === 'wrong' ? wrongFlag(world, null, parsed.message) : commandHelp(world, null)
}

async function wrongFlag(world: World, command: string | null, message: string): Promise<number> {
  errorLine(world, `Error: ${message}`)
  await commandHelp(world, command)
  errorLine(world, `\ncannot execute cmdFleet: ${message}`)
  return 0
}

function commandHelp(world: World, command: string | null): Promise<number> {
  return help(world, async () => (await import('./help/index.ts')).helpText(command))
}

async function help(world: World, text: () => Promise<string>): Promise<number> {
  world.stdout(await text())
  return 0
}

function version(world: World): number {
  world.stdout(`${VERSION}\n`)
  return 0
}
