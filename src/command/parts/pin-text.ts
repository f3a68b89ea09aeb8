import type { Pin } from '../../domain/pin.ts'
import { releaseText } from '../../domain/release.ts'
import { ago, code, personText, words } from '../../domain/wording.ts'

/** `pinned to v2 (…) by @ann, 4m ago: the next one loses orders`. Escaped. */
export const pinText = ({ release, by, why, at }: Pin, now: number): string =>
  `*pinned* to ${words(releaseText(release))} by ${personText(by)}, ${ago(at, now)}: ${words(why)}`

/** As a sentence, with what lifts it. */
export const pinnedText = (pin: Pin, now: number): string =>
  `${pin.service} ${pin.tier} is ${pinText(pin, now)}. ${code(`unpin ${pin.service} ${pin.tier}`)} lifts that.`
