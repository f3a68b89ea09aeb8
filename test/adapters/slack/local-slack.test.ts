import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startLocalSlack, type LocalSlack } from '../../../demo/slack/start.ts'
import { createSlackChat, type SlackChat } from '../../../src/adapters/slack/chat.ts'
import { createSlackReceiver, type SlackReceiver } from '../../../src/adapters/slack/receiver.ts'
import type { Incoming } from '../../../src/ports/incoming.ts'
import { clock, eventually, keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const ALICE = 'U0ALICE'
const DEPLOYS = 'C0DEPLOYS'

let slack: LocalSlack
let chat: SlackChat
let receiver: SlackReceiver
let heard: Incoming[]
let answer: (incoming: Incoming) => Promise<void>
const log = keptLog()

beforeAll(async () => {
  slack = await startLocalSlack()
  const { apiUrl, app } = slack
  chat = createSlackChat({ token: app.botToken, apiUrl, timeoutMs: 10_000 }, clock, log)
  receiver = createSlackReceiver(
    { mode: 'socket', command: '/opsee', chat, appToken: app.appToken, apiUrl, timeoutMs: 10_000 },
    {
      command: async (incoming) => {
        heard.push(incoming)
        await answer(incoming)
      },
    },
    clock,
    log,
  )
  await receiver.start()
  await eventually(() => receiver.ways() === 2 || undefined)
}, 30_000)

afterAll(async () => {
  await receiver.stop()
  chat.close()
  await slack.stop()
})

beforeEach(() => {
  heard = []
  answer = async () => undefined
})

afterEach(() => {
  const errors = log.lines.filter((line) => line.level === 'error')
  if (errors.length > 0) throw new Error(`logged: ${JSON.stringify(errors)}`)
})

const one = () => eventually(() => heard[0])

test('a slash command is heard once though it comes over both connections', async () => {
  await slack.command(ALICE, DEPLOYS, 'deploy api <staging> --reason “x”')
  await expect(one()).resolves.toMatchObject({
    text: 'deploy api <staging> --reason “x”',
    user: { id: ALICE, name: 'alice' },
    place: { channel: DEPLOYS, thread: null },
    source: 'slash',
    requestKey: expect.stringMatching(/^slash:./),
  })
  // The second copy came with the first one: it would be here by the time of another command.
  await slack.command(ALICE, DEPLOYS, 'status')
  await eventually(() => heard[1])
  expect(heard.map((incoming) => incoming.text)).toEqual(['deploy api <staging> --reason “x”', 'status'])
})

test('a slow handler delays no acknowledgement', async () => {
  let finish = (): void => undefined
  answer = () => new Promise((resolve) => (finish = resolve))
  const elapsed = startStopwatch()
  await slack.command(ALICE, DEPLOYS, 'status')
  expect(elapsed()).toBeLessThan(2_500)
  expect((await slack.log()).filter((entry) => entry.summary.includes('ack timeout'))).toEqual([])
  finish()
})

test('an answer to the sender is ephemeral and one to everyone is not', async () => {
  answer = async (incoming) => {
    await incoming.reply({ text: 'only you', sections: [{ kind: 'text', text: '*only* you' }] }, 'sender')
    await incoming.reply({ text: 'all of you', sections: [] }, 'everyone')
  }
  await slack.command(ALICE, DEPLOYS, 'help')
  const seen = await eventually(async () => {
    const messages = await slack.messages(DEPLOYS)
    return messages.some((message) => message.text === 'all of you') ? messages : undefined
  })
  expect(seen.find((message) => message.text === 'only you')).toMatchObject({
    subtype: 'ephemeral',
    ephemeral_to: ALICE,
  })
  expect(seen.find((message) => message.text === 'all of you')?.subtype).toBeUndefined()
})

test('a mention is a command, in the thread it was written in', async () => {
  const root = await slack.say(ALICE, DEPLOYS, 'look')
  await slack.mention(ALICE, DEPLOYS, 'deploy api staging', root.ts)
  await expect(one()).resolves.toMatchObject({
    text: 'deploy api staging',
    user: { id: ALICE },
    place: { channel: DEPLOYS, thread: root.ts },
    source: 'mention',
  })
})

test('talk about the bot is no command, and its writer alone is told so', async () => {
  await slack.say(ALICE, DEPLOYS, `as I said, <@${slack.app.botUserId}> deploy api production is dangerous`)
  const hint = await eventually(async () =>
    (await slack.messages(DEPLOYS)).find((message) => message.text.startsWith('To give me a command')),
  )
  expect(hint).toMatchObject({ subtype: 'ephemeral', ephemeral_to: ALICE })
  expect(heard).toEqual([])
})

test('a click on a button of a message in a thread is its command in that thread', async () => {
  const root = await chat.post({ channel: DEPLOYS, thread: null }, { text: 'root', sections: [] })
  const thread = root.kind === 'posted' ? root.ref.id : ''
  const posted = await chat.post(
    { channel: DEPLOYS, thread },
    {
      text: 'rolling',
      sections: [
        {
          kind: 'buttons',
          buttons: [{ label: 'Abort', command: 'abort 12', style: 'danger', confirm: 'Abort rollout 12?' }],
        },
      ],
    },
  )
  await slack.click(ALICE, DEPLOYS, posted.kind === 'posted' ? posted.ref.id : '', 'Abort')
  await expect(one()).resolves.toMatchObject({
    text: 'abort 12',
    user: { id: ALICE },
    place: { channel: DEPLOYS, thread },
    source: 'button',
    requestKey: expect.stringMatching(/^button:./),
  })
})

test('a handler that throws is logged and nothing else happens', async () => {
  answer = async () => Promise.reject(new Error('broken handler'))
  await slack.command(ALICE, DEPLOYS, 'status')
  const line = await eventually(() => log.lines.find((each) => each.message === 'a command handler threw'))
  expect(line.fields['err']).toMatchObject({ message: 'broken handler' })
  log.lines.length = 0
})
