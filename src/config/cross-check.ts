import { durationText } from '../domain/duration.ts'
import { parseUnitName } from '../domain/unit-name.ts'
import type { Explained } from './explain-issue.ts'
import type { ConfigPath } from './fault.ts'
import { nearest } from '../domain/nearest.ts'
import type { Config, RolloutSettings } from './schema.ts'

/** What no single key shows: names that must be known, unique or apart, and times that must fit each other. */
export function crossCheck(config: Config): Explained[] {
  return [
    ...emptyBlocks(config),
    ...unknownNames(config),
    ...sharedWords(config),
    ...units(config),
    ...times(config),
    ...releases(config),
    ...hooks(config),
    ...orders(config),
    ...tlsFiles(config),
  ]
}

const fault = (path: ConfigPath, message: string): Explained => ({ path, key: null, message })

function emptyBlocks(config: Config): Explained[] {
  return (['tiers', 'services'] as const)
    .filter((block) => Object.keys(config[block]).length === 0)
    .map((block) => fault([block], `has no entry: name at least one ${block.slice(0, -1)}`))
}

function unknownNames(config: Config): Explained[] {
  const groups = Object.keys(config.groups)
  const tiers = Object.keys(config.tiers)
  const faults: Explained[] = []
  for (const [name, { team, tiers: named = [], deployOnPush }] of Object.entries(config.services)) {
    if (!groups.includes(team)) faults.push(fault(['services', name, 'team'], unknown('group', team, groups)))
    for (const [key, words] of Object.entries({ tiers: named, deployOnPush: deployOnPush.map(({ tier }) => tier) })) {
      for (const [index, tier] of words.entries()) {
        if (!tiers.includes(tier)) faults.push(fault(['services', name, key, index], unknown('tier', tier, tiers)))
      }
    }
  }
  for (const [at, { services = [], tiers: named = [] }] of config.webhooks.entries()) {
    for (const [index, service] of services.entries()) {
      const valid = Object.keys(config.services)
      if (!valid.includes(service))
        faults.push(fault(['webhooks', at, 'services', index], unknown('service', service, valid)))
    }
    for (const [index, tier] of named.entries()) {
      if (!tiers.includes(tier)) faults.push(fault(['webhooks', at, 'tiers', index], unknown('tier', tier, tiers)))
    }
  }
  return faults
}

function unknown(what: string, word: string, valid: readonly string[]): string {
  const near = nearest(word, valid)
  const known = valid.length === 0 ? 'there is none yet' : `there are ${valid.join(', ')}`
  return `there is no ${what} ${word}${near === null ? '' : `; did you mean ${near}?`} (${known})`
}

/** Words that commands understand otherwise, or that have a place of their own among the stored keys. */
const reserved = new Set(['all', 'none', 'help', 'batch', 'canary', 'dry-run', 'reason', 'force', 'keys'])

/** The order of tiers: each must be another one that there is, and none may lead back to itself. */
function orders({ tiers }: Config): Explained[] {
  const faults: Explained[] = []
  for (const [name, { promotedFrom, steadyBefore }] of Object.entries(tiers)) {
    const path = ['tiers', name, 'promotedFrom']
    if (promotedFrom === undefined) {
      if (steadyBefore !== undefined)
        faults.push(fault(['tiers', name, 'steadyBefore'], 'says nothing without promotedFrom: name the earlier tier'))
      continue
    }
    if (tiers[promotedFrom] === undefined) faults.push(fault(path, unknown('tier', promotedFrom, Object.keys(tiers))))
    const seen = new Set<string>()
    for (let at: string | undefined = promotedFrom; at !== undefined && !seen.has(at); at = tiers[at]?.promotedFrom) {
      seen.add(at)
    }
    if (seen.has(name)) faults.push(fault(path, `leads back to ${name} itself: nothing could ever come here`))
  }
  return faults
}

/** `deploy <service> <tier>` works in either order, so that no word may mean two things. */
function sharedWords(config: Config): Explained[] {
  const seen = new Map<string, string>()
  const faults: Explained[] = []
  const add = (word: string, path: ConfigPath, what: string): void => {
    const other = seen.get(word)
    if (reserved.has(word)) faults.push(fault(path, `${word} is a word of the commands: choose another name`))
    else if (other !== undefined)
      faults.push(fault(path, `${word} is also ${other}: choose another name for one of the two`))
    else seen.set(word, what)
  }
  for (const [block, what] of [
    ['services', 'service'],
    ['tiers', 'tier'],
  ] as const) {
    for (const name of Object.keys(config[block])) add(name, [block, name], `a ${what}`)
    for (const [name, { aliases }] of Object.entries(config[block])) {
      for (const [index, alias] of aliases.entries()) {
        add(alias, [block, name, 'aliases', index], `an alias of the ${what} ${name}`)
      }
    }
  }
  return faults
}

/** Two services that roll the same unit would undo each other's work. */
function units(config: Config): Explained[] {
  const seen = new Map<string, string>()
  const faults: Explained[] = []
  for (const [name, service] of Object.entries(config.services)) {
    const template = parseUnitName(service.unit)?.kind
    for (const [index, unit] of [service.unit, ...service.sidekicks].entries()) {
      const path = index === 0 ? ['services', name, 'unit'] : ['services', name, 'sidekicks', index - 1]
      const other = seen.get(unit)
      if (other !== undefined)
        faults.push(fault(path, `${unit} is also a unit of ${other}: each unit belongs to one service`))
      if (parseUnitName(unit)?.kind !== template) {
        const instead =
          template === 'template' ? 'a template such as api-elb@.service' : 'a plain unit such as api-elb.service'
        faults.push(fault(path, `${unit} cannot go with ${service.unit}: write ${instead}`))
      }
      seen.set(unit, name)
    }
  }
  return faults
}

function times(config: Config): Explained[] {
  const { fleetctl, engine } = config
  const most = Math.floor(engine.leaseTtl * 0.4)
  const call =
    fleetctl.callTimeout > most
      ? [
          fault(
            ['fleetctl', 'callTimeout'],
            `${durationText(fleetctl.callTimeout)} is too long for engine.leaseTtl ${durationText(engine.leaseTtl)}: a call must ` +
              `end while the lease is surely held. Write at most ${durationText(most)}, or a longer leaseTtl`,
          ),
        ]
      : []
  const reasons = {
    settle: 'must be shorter than progressDeadline: no instance could become healthy in time',
    stuckAfter: 'must be shorter than progressDeadline: it would never be told',
  } as const
  const deadline = (path: ConfigPath, rollout: RolloutSettings): Explained[] => {
    const most = rollout.progressDeadline
    if (most === undefined) return []
    const late = (['settle', 'stuckAfter'] as const).filter((key) => (rollout[key] ?? 0) >= most)
    return late.map((key) => fault([...path, 'rollout', key], reasons[key]))
  }
  const { rollout } = engine
  return [
    ...call,
    ...deadline(['engine'], rollout),
    ...Object.entries(config.tiers).flatMap(([name, tier]) =>
      deadline(['tiers', name], { ...rollout, ...tier.rollout }),
    ),
    ...Object.entries(config.services).flatMap(([name, service]) =>
      deadline(['services', name], { ...rollout, ...service.rollout }),
    ),
  ]
}

/** What is said of a service's releases must be possible with what else is said of it. */
function releases(config: Config): Explained[] {
  const faults: Explained[] = []
  for (const [name, service] of Object.entries(config.services)) {
    const { image, verify, health } = service
    const at = (...keys: readonly string[]): ConfigPath => ['services', name, ...keys]
    if (image === undefined && verify.by !== 'none')
      faults.push(fault(at('verify'), 'has nothing to verify: name the image of the service'))
    if (image === undefined && service.release === 'key')
      faults.push(fault(at('release'), 'is key, but no image is named: name the image of the service'))
    if (image === undefined && service.rollout.onFailure === 'rollback')
      faults.push(fault(at('rollout', 'onFailure'), 'has nothing to go back to: name the image of the service'))
    if (health.kind !== 'none' && health.containerPort !== undefined && health.port !== 'announced')
      faults.push(
        fault(
          at('health', 'containerPort'),
          `chooses among announced ports: write health.port announced, not ${health.port}`,
        ),
      )
    if ((verify.by === 'health' || verify.by === 'label') && health.kind !== 'http')
      faults.push(fault(at('verify', 'by'), `${verify.by} reads the health answer: write health.kind http`))
  }
  return faults
}

/** What a build is to do by itself must be able to arrive, and to be done; nobody is told twice. */
function hooks(config: Config): Explained[] {
  const faults: Explained[] = []
  for (const [index, { url }] of config.webhooks.entries()) {
    if (config.webhooks.findIndex((other) => other.url === url) < index)
      faults.push(fault(['webhooks', index, 'url'], 'is there already: say all that it is to hear in one place'))
  }
  const { slack, hooks, healthz } = config
  const slackPort = slack.mode === 'http' ? slack.port : null
  if (hooks !== undefined && slackPort === hooks.port)
    faults.push(fault(['hooks', 'port'], `${slackPort} is slack.port already: choose another one`))
  for (const [other, taken] of [
    ['slack.port', slackPort],
    ['hooks.port', hooks?.port],
  ] as const) {
    if (healthz !== undefined && taken === healthz.port)
      faults.push(fault(['healthz', 'port'], `${taken} is ${other} already: choose another one`))
  }
  for (const [name, service] of Object.entries(config.services)) {
    const path: ConfigPath = ['services', name, 'deployOnPush']
    if (service.deployOnPush.length === 0) continue
    if (config.hooks === undefined) faults.push(fault(path, 'waits for builds that nothing hears of: add hooks'))
    if (service.image === undefined)
      faults.push(fault(path, 'waits for builds of no image: name the image of the service'))
    for (const [index, { tier }] of service.deployOnPush.entries()) {
      if (service.tiers?.includes(tier) === false)
        faults.push(fault([...path, index], `${tier} is none of its tiers: add it there, or take it out here`))
    }
  }
  return faults
}

function tlsFiles(config: Config): Explained[] {
  const faults: Explained[] = []
  const { tls, endpoints } = config.etcd
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) {
    faults.push(fault(['etcd', 'tls'], 'certFile and keyFile go together: name both, or neither'))
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const url = new URL(endpoint)
    if (url.username !== '')
      faults.push(fault(['etcd', 'endpoints', index], 'carries a user: write it as etcd.username'))
    if (tls !== undefined && url.protocol !== 'https:') {
      faults.push(fault(['etcd', 'endpoints', index], 'is plain http, but etcd.tls is set: write https://'))
    }
  }
  for (const [name, { fleet }] of Object.entries(config.tiers)) {
    const named = [fleet.tls?.caFile, fleet.tls?.certFile, fleet.tls?.keyFile].filter((file) => file !== undefined)
    if (fleet.tls !== undefined && named.length < 3) {
      const message = 'name caFile, certFile and keyFile: fleetctl checks the server only when it has all three'
      faults.push(fault(['tiers', name, 'fleet', 'tls'], message))
    }
  }
  return faults
}
