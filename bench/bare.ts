import { spawn } from 'node:child_process'
import path from 'node:path'
import type { LocalSlack } from '../demo/slack/start.ts'

/** The bare bot as a process, connected to its own Slack. */
export function startBareBot(root: string, slack: LocalSlack): { readonly pid: number; stop(): Promise<void> } {
  const child = spawn(process.execPath, [path.join(root, 'dist', 'bench', 'bare-bot.js')], {
    env: {
      PATH: process.env['PATH'],
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    pid: child.pid ?? 0,
    stop: () => {
      child.kill('SIGKILL')
      return gone
    },
  }
}
