import { z } from 'zod'

const machine = z.string().min(1)
const everywhere = machine.optional()
const ms = z.number().min(0)

/**
 * What `POST /lab/fault` takes. `machine` is a machine's id or its beginning, its address, or its metadata `host`; where
 * it may be left out, all machines are meant. The machines of `except` stay as they are. Durations in unscaled milliseconds, but for `delayMs`, which is real time.
 */
export const FaultOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slow'), machine: everywhere, delayMs: ms }),
  z.strictObject({ kind: z.literal('hang'), machine: everywhere }),
  z.strictObject({ kind: z.literal('refuse'), machine: everywhere }),
  z.strictObject({ kind: z.literal('error'), machine: everywhere, status: z.number().int(), body: z.string() }),
  z.strictObject({
    kind: z.literal('short'),
    machine: everywhere,
    share: z.number().min(0).max(1),
    lists: z.enum(['units', 'files', 'both']),
  }),
  z.strictObject({ kind: z.literal('no-rows'), machine: everywhere }),
  z.strictObject({ kind: z.literal('answer-well'), machine: everywhere }),
  z.strictObject({
    kind: z.literal('verb'),
    verb: z.string(),
    behaviour: z.enum(['lie', 'idle']),
    code: z.number().int(),
  }),
  z.strictObject({ kind: z.literal('verb-well'), verb: z.string() }),
  z.strictObject({ kind: z.literal('fail-start'), unit: z.string() }),
  z.strictObject({ kind: z.literal('crash'), unit: z.string(), afterMs: ms }),
  z.strictObject({ kind: z.literal('slow-stop'), unit: z.string(), byMs: ms }),
  z.strictObject({ kind: z.literal('unhealthy'), unit: z.string() }),
  z.strictObject({ kind: z.literal('unit-well'), unit: z.string() }),
  z.strictObject({ kind: z.literal('kill'), unit: z.string() }),
  z.strictObject({ kind: z.literal('power-loss'), machine }),
  z.strictObject({ kind: z.literal('shutdown'), machine }),
  z.strictObject({ kind: z.literal('power-on'), machine }),
  z.strictObject({ kind: z.literal('partition'), machine }),
  z.strictObject({ kind: z.literal('heal'), machine }),
  z.strictObject({ kind: z.literal('fleetd-freeze'), machine }),
  z.strictObject({ kind: z.literal('fleetd-thaw'), machine }),
  z.strictObject({ kind: z.literal('fleetd-crash'), machine }),
  z.strictObject({ kind: z.literal('fleetd-stop'), machine }),
  z.strictObject({ kind: z.literal('fleetd-start'), machine }),
  z.strictObject({ kind: z.literal('fleetd-restart'), machine }),
  z.strictObject({ kind: z.literal('etcd-freeze'), forMs: ms }),
  z.strictObject({ kind: z.literal('agents'), pace: z.enum(['measured', 'eager', 'asleep']) }),
  z.strictObject({ kind: z.literal('clear'), except: z.array(machine).optional() }),
])

export type FaultOrder = z.infer<typeof FaultOrder>
