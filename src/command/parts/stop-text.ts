import type { Stop } from '../../domain/stop.ts'
import { ago, code, personText, words } from '../../domain/wording.ts'

/** `production` is *stopped* by @ann since 4m ago: checkout is down. `go production` lifts it. */
export const stopLine = (stop: Stop, now: number): string =>
  `${code(stop.tier)}  *stopped* by ${personText(stop.by)}, ${ago(stop.at, now)}, for everybody: ${words(stop.why ?? '')}; ${code(`go ${stop.tier}`)} lifts it`

/** As a sentence. */
export const stoppedText = (stop: Stop, now: number): string =>
  `All of ${stop.tier} is stopped by ${personText(stop.by)}, ${ago(stop.at, now)}, for everybody: ${words(stop.why ?? '')}. ${code(`go ${stop.tier}`)} lifts it.`
