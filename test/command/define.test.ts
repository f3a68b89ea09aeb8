import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Scope } from '../../src/authorization/rights.ts'
import { demand, mutation, query } from '../../src/command/define.ts'
import * as field from '../../src/command/fields.ts'
import { done } from '../../src/command/text.ts'
import type { Amount } from '../../src/domain/amount.ts'
import type { StartCapability } from '../../src/services/capabilities.ts'

const scope: Scope = { kind: 'tier', tier: 'production' }
const about = { summary: '', examples: [], positionals: {}, flags: {} }

describe('what the types of a definition say', () => {
  it('gives the handler the arguments as the fields declare them', () => {
    const made = query({
      ...about,
      positionals: { services: field.services(), tier: field.optional(field.tier()) },
      flags: { batch: field.flag(field.amount(), { help: '' }), dryRun: field.toggle({ help: '' }) },
      async answer(args) {
        expectTypeOf(args.services).toEqualTypeOf<readonly string[]>()
        expectTypeOf(args.tier).toEqualTypeOf<string | null>()
        expectTypeOf(args.batch).toEqualTypeOf<Amount | null>()
        expectTypeOf(args.dryRun).toEqualTypeOf<boolean>()
        // @ts-expect-error there is no such argument
        expectTypeOf(args.other).toBeAny()
        return done('')
      },
    })
    expect(made.kind).toBe('query')
  })

  it('gives a query nothing to act with', () => {
    const made = query({
      ...about,
      async answer(_args, context) {
        // @ts-expect-error only a mutation has grants
        expectTypeOf(context.grants).toBeAny()
        return done('')
      },
    })
    expect(made.kind).toBe('query')
  })

  it('does not let a mutation be made that names no right, or demands nothing', () => {
    const neverCalled = () => {
      // @ts-expect-error no right
      mutation({ ...about, demands: async () => demand(), answer: async () => done('') })
      // @ts-expect-error no demands
      mutation({ ...about, right: 'deploy', answer: async () => done('') })
      mutation({
        ...about,
        right: 'deploy',
        // @ts-expect-error another right than the one that is named
        demands: async () => demand({ right: 'abort', scope, owner: null }),
        answer: async () => done(''),
      })
      // @ts-expect-error there is no such right
      mutation({ ...about, right: 'destroy', demands: async () => demand(), answer: async () => done('') })
    }
    expectTypeOf(neverCalled).toBeFunction()
  })

  it('gives a mutation the capability of its right, and of no other', () => {
    const made = mutation({
      ...about,
      right: 'deploy',
      demands: async () => demand({ right: 'deploy', scope, owner: null }),
      async answer(_args, { grants }) {
        const [grant] = grants
        expectTypeOf(grant).toExtend<{ readonly may: StartCapability } | undefined>()
        // @ts-expect-error what deploys does not unlock
        expectTypeOf(grant?.may.unlock).toBeAny()
        return done('')
      },
    })
    expect(made.kind).toBe('mutation')
  })
})
