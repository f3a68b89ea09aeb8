import { describe, expectTypeOf, test } from 'vitest'
import type { CapabilityBinders } from '../../src/command/pass-the-door.ts'
import { type Authorization, Authorized, type Door } from '../../src/authorization/door.ts'
import type { AuthorizationRequest } from '../../src/authorization/request.ts'
import type { StoredReply } from '../../src/authorization/request-record.ts'
import type { Grant, Right } from '../../src/authorization/rights.ts'
import type { Reply } from '../../src/command/context.ts'
import type { MutationContext, QueryContext } from '../../src/command/define.ts'
import type { Capabilities, StartCapability } from '../../src/services/capabilities.ts'

/**
 * Nothing here runs: `npm run check:types` is the test. Each `@ts-expect-error` fails the check when the line below it
 * begins to compile.
 */
declare const deploying: Authorized<'deploy'>
declare const locking: Authorized<'lock'>
declare const anyRight: Authorized<Right>
declare const asked: AuthorizationRequest<'deploy'>
declare const denied: Extract<Authorization<'deploy'>, { kind: 'denied' }>
declare const query: QueryContext
declare const door: Door
declare function wantsDeploying(context: Authorized<'deploy'>): StartCapability
declare const makers: CapabilityBinders

/** Compiled, and never called. */
function unrun(lines: () => unknown): void {
  expectTypeOf(lines).toBeFunction()
}

describe('what the compiler refuses', () => {
  test('an authorization is for one right', () => {
    unrun(() => wantsDeploying(deploying))
    // @ts-expect-error a lock's authorization does not deploy
    unrun(() => wantsDeploying(locking))
    // @ts-expect-error an authorization for some right is not one for this right
    unrun((): Authorized<'deploy'> => anyRight)
    // @ts-expect-error each maker wants the authorization of its own right
    unrun(() => makers.unlock(deploying))
    expectTypeOf(() => door.open(deploying)).returns.toEqualTypeOf<Grant<'deploy'>>()
  })

  test('an authorization cannot be written down or made', () => {
    expectTypeOf<object>().not.toExtend<Authorized<'deploy'>>()
    // @ts-expect-error an object literal is no authorization
    unrun(() => wantsDeploying({}))
    // @ts-expect-error nor is a grant
    unrun(() => wantsDeploying(door.open(deploying)))
    // @ts-expect-error the constructor is private
    unrun(() => new Authorized(Symbol('mint'), Symbol('door'), door.open(deploying)))
    // @ts-expect-error and so is what it stands for
    unrun(() => deploying.grant)
  })

  test('a handler that only looks gets no capability', () => {
    // @ts-expect-error a query has no grants
    unrun(() => query.grants)
    // @ts-expect-error what it reads from cannot start anything
    unrun(() => query.read.rollouts.start)
    expectTypeOf<QueryContext>().not.toExtend<MutationContext<'deploy'>>()
    expectTypeOf<Extract<keyof QueryContext['read'], Right>>().toBeNever()
  })

  test('contexts come only with the answer that allows', () => {
    // @ts-expect-error a denial has none
    unrun(() => denied.contexts)
    // @ts-expect-error it must be asked first which answer it is
    unrun(async () => (await door.authorize(asked)).contexts)
    expectTypeOf<MutationContext<'lock'>['grants'][number]['may']>().toEqualTypeOf<Capabilities['lock']>()
  })

  test('what is kept of a reply is the reply', () => {
    expectTypeOf<Reply>().toExtend<StoredReply>()
    expectTypeOf<StoredReply>().toExtend<Reply>()
  })
})
