/** One service in one tier. */
export interface Target {
  readonly service: string
  readonly tier: string
}

/** How people read and write it: `api production`. */
export const targetText = (target: Target): string => `${target.service} ${target.tier}`

export const sameTarget = (a: Target, b: Target): boolean => a.service === b.service && a.tier === b.tier
