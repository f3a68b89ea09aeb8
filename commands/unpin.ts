import { answer, demand, mutation } from '../src/command/define.ts'
import { service, tier } from '../src/command/fields.ts'
import { pinText } from '../src/command/parts/pin-text.ts'
import { notThere, scopeOf } from '../src/command/parts/scopes.ts'
import { doneForAll, failed, mistyped, refused } from '../src/command/text.ts'

export default mutation({
  summary: 'Lifts the pin of a service in a tier: any release may be rolled out there again.',
  examples: ['unpin api production'],
  positionals: { service: service(), tier: tier() },
  flags: {},
  right: 'unpin',
  async demands({ service, tier }, { catalog, read }) {
    const fault = notThere({ service, tier }, catalog)
    if (fault !== null) return answer(mistyped(fault))
    if ((await read.pins.on({ service, tier })) === null) return answer(refused(nothing(service, tier)))
    return demand({ right: 'unpin', scope: scopeOf(service, tier), owner: null })
  },
  async answer({ service, tier }, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('Nothing was unpinned: nothing was granted.')
    const result = await grant.may.unpin()
    if (result.kind === 'none') return refused(nothing(service, tier))
    const before = pinText(result.pin, read.now())
    return doneForAll(request.actor, (who) => `📌 ${who} unpinned ${service} ${tier}. It was ${before}.`)
  },
})

const nothing = (service: string, tier: string): string => `${service} ${tier} is not pinned: nothing to lift.`
