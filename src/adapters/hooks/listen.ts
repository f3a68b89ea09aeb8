import type { BuildHandlers } from '../../ports/builds.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { listen, type Listener } from '../http/listen.ts'
import { answerHook } from './answer.ts'

export interface HookOptions {
  readonly secret: string
  /** 0 takes a free one. */
  readonly port: number
  /** Address to listen on; the senders must reach it, through TLS that something else ends. */
  readonly host: string
  /** How long a request may take to arrive as a whole, in milliseconds. Default 10 s. */
  readonly requestMs?: number
}

export type HookListener = Listener

/** `POST /hooks/<sender>` for builds, and `GET /healthz`. Rejects when the port cannot be had. */
export async function listenForHooks(
  options: HookOptions,
  handlers: BuildHandlers,
  clock: Clock,
  log: Log,
): Promise<HookListener> {
  const { secret, ...rest } = options
  const listener = await listen(
    { ...rest, purpose: 'builds', block: 'hooks' },
    (request, response) => void answerHook(request, response, { secret, handlers, clock, log }),
    clock,
  )
  log.info({ host: options.host, port: listener.port }, 'listening for builds')
  return listener
}
