import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ask } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { changesIn, fleetOf, momentsOf, mostAway, running, startsIn, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

const run = promisify(execFile)
const minute = 60_000
const units = path.resolve(import.meta.dirname, '..', '..', 'demo', 'shop', 'units')

/** Sidekicks, a singleton, a worker and a global unit: each as the design says, on the shop's own. */
export function kindsOfUnits(world: World): void {
  const pidsOf = async (tier: 'staging' | 'production', service: string) =>
    new Map([...(await running(fleetOf(world.shop, tier), service))].map(([unit, { pid }]) => [unit, pid]))

  /** Types it, waits for the end, and holds what was told against what was recorded. */
  async function rolled(person: 'ann' | 'bob' | 'carol', command: string) {
    const id = (await world.records.newest()) + 1
    const answer = await ask(world.shop.slack, person, command)
    expect(answer.text).toContain(`Rollout ${id} of `)
    const rollout = await world.records.told(id)
    const { lines, closing } = await expectToldOnce(world.shop, world.records, id)
    expect([rollout.phase, ...lines]).toContain('succeeded')
    return { rollout, lines, closing: closing[0]?.text ?? '' }
  }

  /** New content for a template, in fleet's registry alone, as a person puts it there. */
  async function submitAnew(template: string, change: (content: string) => string): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'opsee-units-'))
    await writeFile(path.join(folder, template), change(await readFile(path.join(units, template), 'utf8')))
    const endpoint = fleetOf(world.shop, 'staging').endpoints[0] ?? ''
    const words = [`--endpoint=${endpoint}`, 'submit', '--replace', template]
    await run(world.shop.fleetctl, words, { cwd: folder, env: { PATH: process.env['PATH'] } })
    await rm(folder, { recursive: true })
  }

  describe('kinds of units', () => {
    it(
      'sidekicks go down before their instance and come up after it, and a changed unit file of one is named and rolled out',
      async () => {
        const fleet = fleetOf(world.shop, 'staging')
        await submitAnew('vape-elb@.service', (content) => content.replace('Registers vape', 'Registers any vape'))
        const dry = await ask(world.shop.slack, 'bob', 'restart vape staging --dry-run')
        expect(dry.text).toContain('vape-elb@.service has changed, and 2 of 2 still run what it was')
        expect(dry.text).toContain('`--units` rolls the new one out')
        const from = Date.now()
        const { rollout, lines } = await rolled('bob', 'restart vape staging --units')
        expect(lines.join('\n')).toContain(
          'Note: vape-elb@.service has changed: vape-elb@1.service, vape-elb@2.service are destroyed and made anew from it.',
        )
        const log = await witnessed(fleet, from)
        expect(mostAway(log, 'vape')).toBe(1)
        for (const number of [1, 2]) {
          const main = momentsOf(log, `vape@${number}.service`)
          for (const sidekick of ['vape-elb', 'vape-announce']) {
            const beside = momentsOf(log, `${sidekick}@${number}.service`)
            expect(beside.exited).toBeLessThanOrEqual(main.exited)
            expect(beside.started).toBeGreaterThanOrEqual(main.started)
          }
        }
        expect(
          changesIn(log)
            .filter((call) => call.includes('destroy'))
            .map((call) => call.split(' ').at(-1)),
        ).toEqual(rollout.instances.map(({ unit }) => unit.replace('vape@', 'vape-elb@')))
        expect((await ask(world.shop.slack, 'bob', 'restart vape staging --dry-run')).text).not.toContain('has changed')
      },
      10 * minute,
    )

    it(
      'a scale adds an instance with its sidekicks and removes it with them, and leaves the others as they were',
      async () => {
        const before = await pidsOf('staging', 'vape')
        const up = await rolled('bob', 'scale vape staging 3 --reason "sale"')
        expect(up.lines[0]).toContain('from 2 to 3 instances, 1 instance added, one at a time: vape@3.')
        expect(up.closing).toMatch(/vape staging: scale by @bob \("sale"\) succeeded in \S+, 1 of 1 added/)
        const fleet = fleetOf(world.shop, 'staging')
        const more = await running(fleet, 'vape')
        const machine = more.get('vape@3.service')?.machine
        expect(machine).toBeDefined()
        for (const sidekick of ['vape-elb', 'vape-announce']) {
          expect((await running(fleet, sidekick)).get(`${sidekick}@3.service`)?.machine).toBe(machine)
        }
        const down = await rolled('bob', 'scale vape staging 2')
        expect(down.lines.join('\n')).toContain('from 3 to 2 instances, 1 instance removed')
        expect(down.lines.some((line) => /^vape@3 is gone after \S+: stopped and destroyed$/.test(line))).toBe(true)
        expect(await pidsOf('staging', 'vape')).toEqual(before)
        for (const sidekick of ['vape-elb', 'vape-announce']) expect((await running(fleet, sidekick)).size).toBe(2)
        const history = await ask(world.shop.slack, 'bob', 'history vape staging')
        expect(history.text).toContain('scale of vape in staging *succeeded*')
        const same = await ask(world.shop.slack, 'bob', 'scale vape staging 2')
        expect(same.text).toContain('the instances are already there: 2 of 2')
      },
      10 * minute,
    )

    it(
      'a singleton is stopped, then started, after a warning that it is away meanwhile; there is no second one',
      async () => {
        const fleet = fleetOf(world.shop, 'staging')
        const from = Date.now()
        const { lines } = await rolled('bob', 'restart beavis staging')
        expect(lines.join('\n')).toContain(
          'beavis.service is the only instance: the service is away while it is replaced',
        )
        const log = await witnessed(fleet, from)
        expect([...startsIn(log, 'beavis')]).toEqual([['beavis.service', 1]])
        const { exited, started } = momentsOf(log, 'beavis.service')
        expect(started).toBeGreaterThanOrEqual(exited)
        const scaled = await ask(world.shop.slack, 'bob', 'scale beavis staging 2')
        expect(scaled.text).toContain('beavis.service is one plain unit, of which there is exactly one')
        expect(scaled.text).toContain('restart beavis staging')
      },
      10 * minute,
    )

    it(
      'a worker without a port is judged by its unit alone, once its preparation was done',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const before = await pidsOf('production', 'pracovnik')
        const from = Date.now()
        const { lines } = await rolled('carol', 'deploy worker production')
        expect(lines[1]).toMatch(/^First it runs `sh -c .+` \(up to 30s\); should that fail, nothing is changed\.$/)
        expect(lines[2]).toContain('Which release an instance runs is unverified')
        expect(lines[3]).toMatch(/^Each must run for \S+; without a newly healthy one/)
        const done = lines.findIndex((line) => /^Preparation: `sh -c .+` is done after \S+\.$/.test(line))
        expect(lines.slice(done + 1, done + 6)).toEqual([
          'Its output:',
          '```',
          'making room in the queue',
          '2 of 2 steps done',
          '```',
        ])
        expect(lines.findIndex((line) => line.startsWith('Batch 1 of 2'))).toBeGreaterThan(done)
        const after = await pidsOf('production', 'pracovnik')
        expect([...after.keys()]).toEqual([...before.keys()])
        for (const [unit, pid] of after) expect(pid).not.toBe(before.get(unit))
        expect(mostAway(await witnessed(fleet, from), 'pracovnik')).toBe(1)
      },
      10 * minute,
    )

    it('a global unit is refused with the reason, and nothing is asked of fleet', async () => {
      const fleet = fleetOf(world.shop, 'staging')
      const from = Date.now()
      for (const command of [
        'deploy registrator staging',
        'restart registrator staging',
        'scale registrator staging 2',
      ]) {
        expect((await ask(world.shop.slack, 'bob', command)).text).toMatch(
          /^Nothing was started:\n.*registrator\.service is/,
        )
      }
      const answer = await ask(world.shop.slack, 'bob', 'deploy registrator staging')
      expect(answer.text).toContain('is a global unit: fleet runs it on every machine at once')
      expect(changesIn(await witnessed(fleet, from))).toEqual([])
    })
  })
}
