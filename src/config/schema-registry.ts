import { z } from 'zod'
import { duration } from './duration.ts'
import { file, minute, second } from './schema-words.ts'

/** Where images come from. */
export const registry = z.strictObject({
  /** By the host that images name; one that is not named here is asked at `https://<host>`, as nobody. */
  hosts: z
    .record(
      z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, 'write a host as images name it, such as quay.io or localhost:5000'),
      z.strictObject({
        /** Only for a registry that is not at `https://<host>`. */
        url: z.url({ protocol: /^https?$/ }).optional(),
        /** With its password in OPSEE_REGISTRY_PASSWORD, or in OPSEE_REGISTRY_PASSWORD_QUAY_IO for one of several. */
        username: z.string().min(1).optional(),
      }),
    )
    .default({}),
  /** A docker configuration file (`config.json`) whose `auths` are used for hosts without a username. */
  dockerConfig: file.optional(),
  /** The longest that one request may take. */
  timeout: duration(100, minute).default(5 * second),
})
