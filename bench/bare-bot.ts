import { env } from 'node:process'
import { App, LogLevel } from '@slack/bolt'

/** What the bot is measured against: Bolt in Socket Mode as its documentation begins, and a handler that only acks. */
const app = new App({
  token: env['SLACK_BOT_TOKEN'] ?? '',
  appToken: env['SLACK_APP_TOKEN'] ?? '',
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: env['SLACK_API_URL'] ?? '' },
})
app.command('/opsee', async ({ ack }) => ack())
await app.start()
