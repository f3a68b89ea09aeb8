import { App, type RespondArguments } from '@slack/bolt'
import type { Clock } from '../../ports/clock.ts'
import type { Incoming, IncomingHandlers } from '../../ports/incoming.ts'
import type { Log } from '../../ports/log.ts'
import type { PeopleDirectory } from '../../ports/people.ts'
import { appIdIn, askAppId, isOfApp } from './app-id.ts'
import { appTokenRefused } from './app-token.ts'
import type { SlackChat } from './chat.ts'
import { listenHttp, type HttpEndpoint, type HttpOptions } from './http.ts'
import type { Identity } from './identity.ts'
import { createLink, type Link, type LinkOptions } from './link.ts'
import { slackLogger } from './logger.ts'
import { originOf, type NamedTeams } from './origin.ts'
import { createSlackPeople } from './people.ts'
import { createReply } from './reply.ts'
import { clickRequest, directRequest, isOurAction, mentionRequest, slashRequest, type Request } from './requests.ts'
import { createSeen } from './seen.ts'

export type SlackReceiverOptions = {
  /** The slash command's name, `/opsee`. */
  readonly command: string
  /** Where answers go that have no response URL; also says who we are. */
  readonly chat: SlackChat
  /** Asked for people of whom a payload does not say whether they are ours; Slack itself unless given. */
  readonly people?: PeopleDirectory
  /** Stands in for `fetch` on response URLs. */
  readonly fetch?: typeof fetch
} & (
  ({ readonly mode: 'socket' } & LinkOptions) | ({ readonly mode: 'http'; readonly timeoutMs: number } & HttpOptions)
)

export interface SlackReceiver {
  /**
   * Resolves when commands can come. While Slack is away it goes on trying. Rejects with `SlackRefused` when a token is
   * not good, and with an error when the port is taken.
   */
  start(): Promise<void>
  /** How many ways in stand: connections in Socket Mode (two when all is well), listeners in HTTP mode. */
  ways(): number
  /** The port listened on in HTTP mode; null in Socket Mode and before the start. */
  port(): number | null
  /** Takes nothing more in, and gives handlers under way five seconds. Never rejects. */
  stop(): Promise<void>
}

/** A token or secret that Slack does not accept; the message names the variable and what Slack answered. */
export class SlackRefused extends Error {
  override readonly name = 'SlackRefused'
}

const HANDLERS_MS = 5_000
const AWAY_WAIT_MS = 2_000

export function createSlackReceiver(
  options: SlackReceiverOptions,
  handlers: IncomingHandlers,
  clock: Clock,
  log: Log,
): SlackReceiver {
  const seen = createSeen(clock)
  const people = options.people ?? createSlackPeople(options.chat, clock, log)
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  let identity: Identity | null = null
  let appId: string | null = null
  let links: readonly Link[] = []
  let http: HttpEndpoint | null = null

  const answerTo = (request: Request) => createReply(request, { ...options, stopping: stopping.signal }, clock, log)
  const handle = (request: Request): void => {
    if (stopping.signal.aborted || !seen.first(request.requestKey)) return
    const { responseUrl: _, named, ...rest } = request
    const run = async (): Promise<void> => {
      try {
        const user = { ...rest.user, ...(await originFields(request.user.id, named)) }
        await handlers.command({ ...rest, user, reply: answerTo(request) })
      } catch (error) {
        log.error({ err: error, request: request.requestKey, text: request.text }, 'a command handler threw')
      }
    }
    const one = run().finally(() => running.delete(one))
    running.add(one)
  }

  /** What is added to a person: their team, and that they are of another organisation. */
  const originFields = async (id: string, named: NamedTeams): Promise<Partial<Incoming['user']>> => {
    if (identity === null) return { team: '', from: 'another-organisation' }
    const origin = originOf(named, identity)
    if (origin.kind === 'ours') return origin.team === undefined ? {} : { team: origin.team }
    if (origin.kind === 'to-ask') {
      const facts = await people.person(id)
      if (facts !== null && facts.enterprise === identity.enterpriseId) return { team: origin.team }
    }
    return { team: origin.team, from: 'another-organisation' }
  }

  const hint = (request: Request): void => {
    // Nobody asked for anything: people of another organisation are left alone.
    if (identity === null || originOf(request.named, identity).kind !== 'ours') return
    if (!seen.first(request.requestKey)) return
    const text = 'To give me a command, begin the message with my name: `@opsee status`.'
    void answerTo(request)({ text, sections: [] }, 'sender')
  }

  const app = new App({
    receiver: { init: () => undefined, start: async () => undefined, stop: async () => undefined },
    // Given by us, so that Bolt never calls auth.test: its failure there is a rejection that nobody handles.
    authorize: async () => (identity === null ? {} : { botId: identity.botId, botUserId: identity.userId }),
    convoStore: false,
    logger: slackLogger(log),
  })
  app.error(async (error) => log.error({ err: error }, 'a Slack payload was not handled'))

  /** First of all: Slack waits three seconds. Should it fail, the socket is closing; the request was heard all the same. */
  const first = async (ack: () => Promise<void>): Promise<void> => {
    try {
      await ack()
    } catch (error) {
      log.warn({ err: error }, 'a Slack payload could not be acknowledged')
    }
  }
  const isOurs = (body: unknown): boolean => {
    if (isOfApp(body, appId)) return true
    log.warn({}, 'a Slack payload of another app was ignored: its api_app_id is not ours')
    return false
  }
  app.command(/.*/, async ({ command, ack }) => {
    const ours = command.command === options.command
    await first(() => (ours ? ack() : ack(unknownCommand(command.command, options))))
    if (ours && isOurs(command)) take(slashRequest(command), 'slash command')
  })
  app.action({}, async ({ ack, body }) => {
    await first(() => ack())
    if (isOurAction(body) && isOurs(body)) take(clickRequest(body), 'click')
  })
  // Nothing of ours sends these, but what is not acknowledged is an error on somebody's screen.
  app.options({}, async ({ ack }) => first(() => ack({ options: [] })))
  app.shortcut({}, async ({ ack }) => first(() => ack()))
  app.view({}, async ({ ack }) => first(() => ack()))
  app.view({ type: 'view_closed' }, async ({ ack }) => first(() => ack()))
  app.event('app_mention', async ({ body }) => {
    const mention = identity === null || !isOurs(body) ? null : mentionRequest(body, identity.userId)
    if (mention === null) return
    if (mention.isCommand) handle(mention.request)
    else hint(mention.request)
  })
  // Subscribed to direct messages alone; a workspace may send more, which is none of our business.
  app.event('message', async ({ body }) => {
    const request = identity === null || !isOurs(body) ? null : directRequest(body, identity.userId)
    if (request !== null) handle(request)
  })
  const take = (request: Request | null, what: string): void => {
    if (request === null) log.warn({}, `a ${what} from Slack without a user, place or command was ignored`)
    else handle(request)
  }

  const known = async (): Promise<Identity | null> => {
    while (!stopping.signal.aborted) {
      const result = await options.chat.identity()
      if (result.kind === 'known') return result.identity
      if (result.kind === 'refused') throw new SlackRefused(result.message)
      log.warn({}, `Slack is away: ${result.message}`)
      await clock.sleep(AWAY_WAIT_MS, stopping.signal)
    }
    return null
  }

  return {
    async start() {
      identity = await known()
      if (identity === null) return
      appId =
        (options.mode === 'socket' ? appIdIn(options.appToken) : null) ??
        (await askAppId(options.chat.clients, identity.botId))
      log.info({ team: identity.team, bot: identity.userId, app: appId }, 'Slack knows the bot')
      if (options.mode === 'http') {
        http = await listenHttp(app, options, clock, log)
        return
      }
      // Two: Slack closes each of them every few hours, and sends every payload to one that stands.
      const { mode: _, ...link } = options
      links = [createLink(app, link, clock, log), createLink(app, link, clock, log)]
      const first = await Promise.race(links.map((each) => each.first))
      if (first.kind !== 'refused') return
      await stopAll(links)
      links = []
      throw new SlackRefused(appTokenRefused(first.code))
    },
    ways: () => (http === null ? links.filter((link) => link.isUp()).length : 1),
    port: () => http?.port ?? null,
    async stop() {
      stopping.abort()
      await Promise.all([stopAll(links), http?.stop()])
      http = null
      const done = new AbortController()
      await Promise.race([Promise.allSettled(running), clock.sleep(HANDLERS_MS, done.signal)])
      done.abort()
      if (running.size > 0) log.warn({ commands: running.size }, 'the bot stops while commands wait for their answers')
    },
  }
}

function unknownCommand(name: string, options: { readonly command: string }): RespondArguments {
  return { response_type: 'ephemeral', text: `\`${name}\` is not a command of mine: type \`${options.command} help\`` }
}

async function stopAll(links: readonly Link[]): Promise<void> {
  await Promise.all(links.map((link) => link.stop()))
}
