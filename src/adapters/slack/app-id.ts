import { z } from 'zod'
import type { Clients } from './client.ts'

/** Payloads of another app are none of ours: its signing secret or its socket would have to be ours as well. */

/** The app's id inside an app token: `xapp-1-A012ABCDEF-…`. Null when it shows none. */
export const appIdIn = (appToken: string): string | null => /^xapp-\d+-(A[A-Z0-9]+)-/.exec(appToken)?.[1] ?? null

/** Asks Slack which app our bot belongs to (scope `users:read`); null when it does not say. Never rejects. */
export async function askAppId(clients: Clients, botId: string): Promise<string | null> {
  try {
    return (await clients.lookups.bots.info({ bot: botId })).bot?.app_id ?? null
  } catch {
    return null
  }
}

const payload = z.object({ api_app_id: z.string().optional() })

/** Whether the payload may be of our app: it names our id, or it names none, or ours is not known. */
export function isOfApp(body: unknown, appId: string | null): boolean {
  const parsed = payload.safeParse(body)
  const named = parsed.success ? parsed.data.api_app_id : undefined
  return appId === null || named === undefined || named === appId
}
