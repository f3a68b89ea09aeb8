import type { Blocker } from '../domain/plan.ts'
import { pinText, type Pin } from '../domain/pin.ts'
import { releaseText, type Release } from '../domain/release.ts'

/** Why a release may not come to a target: another one is pinned there. */
export const pinRules = (pin: Pin | null, to: Release): readonly Blocker[] =>
  pin === null || pin.release.digest === to.digest
    ? []
    : [
        {
          kind: 'pinned',
          message: `${pinText(pin)}, and this would roll ${releaseText(to)}; \`unpin ${pin.service} ${pin.tier}\` lifts that`,
          force: false,
        },
      ]
