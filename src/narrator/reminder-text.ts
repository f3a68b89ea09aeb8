import { lockText, type Lock } from '../domain/lock.ts'
import type { Stop } from '../domain/stop.ts'
import { ago, code, series, span, words } from '../domain/wording.ts'

/** What somebody holds without an end. */
export type Hold = { readonly kind: 'lock'; readonly is: Lock } | { readonly kind: 'stop'; readonly is: Stop }

/** What stands, since when, whom it holds, and what to type. `whom` is "You", or who is meant; `waiting` are rollouts. */
export function reminderText(
  hold: Hold,
  more: {
    readonly whom: string
    readonly waiting: readonly number[]
    readonly everyMs: number
    readonly now: number
  },
): string {
  const { waiting } = more
  const ids = series(waiting.map(String))
  const waits =
    waiting.length === 0
      ? ''
      : ` Rollout${waiting.length === 1 ? ' ' : 's '}${ids} ${waiting.length === 1 ? 'waits' : 'wait'} for it.`
  const again = `This is said again in ${span(more.everyMs)}.`
  const when = ago(hold.is.at, more.now)
  if (hold.kind === 'stop') {
    const { tier, why } = hold.is
    return `${more.whom} stopped all of ${tier} ${when}: ${words(why ?? '')}. Nothing new begins there, for anybody.${waits}\n${code(`/opsee go ${tier}`)} lifts it. ${again}`
  }
  const { service, tier, why } = hold.is
  const where = service === null ? tier : `${service} ${tier}`
  const anew = `/opsee lock ${where} "${why.replaceAll('"', "'")}" --for 2h`
  return `${more.whom} locked ${lockText(hold.is)} ${when}: ${words(why)}. Nobody else can roll there.${waits}\n${code(`/opsee unlock ${where}`)} lifts it; ${code(anew)} gives it an end. ${again}`
}
