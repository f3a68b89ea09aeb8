/** Payloads as their senders' own sources and documents show them. */

export const digest = `sha256:${'1a2b3c4d'.repeat(8)}`

/** quay/quay, notifications/notificationevent.py and docs.redhat.com "Repository Notifications". */
export const quay = (tags: unknown) => ({
  name: 'api',
  repository: 'opsee/api',
  namespace: 'opsee',
  docker_url: 'quay.io/opsee/api',
  homepage: 'https://quay.io/repository/opsee/api',
  updated_tags: tags,
  pruned_image_count: 3,
})

/** docs.docker.com/docker-hub/repos/manage/webhooks. */
export const dockerHub = (tag: unknown, pushedAt: unknown = 1_417_566_161) => ({
  callback_url: 'https://registry.hub.docker.com/u/opsee/api/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/',
  push_data: { pushed_at: pushedAt, pusher: 'trustedbuilder', tag },
  repository: {
    comment_count: 0,
    date_created: 1_417_494_799,
    is_official: false,
    name: 'api',
    namespace: 'opsee',
    owner: 'opsee',
    repo_name: 'opsee/api',
    repo_url: 'https://registry.hub.docker.com/u/opsee/api/',
    star_count: 0,
    status: 'Active',
  },
})

/** goharbor.io "Configure Webhook Notifications", format Default. */
export const harbor = (tags: readonly string[], type = 'PUSH_ARTIFACT', host = 'harbor.example.com') => ({
  type,
  occur_at: 1_680_501_893,
  operator: 'robot$ci',
  event_data: {
    resources: tags.map((tag) => ({
      digest,
      tag,
      resource_url: `${host}/opsee/api${tag.startsWith('sha256:') ? '@' : ':'}${tag}`,
    })),
    repository: {
      date_created: 1_680_501_893,
      name: 'api',
      namespace: 'opsee',
      repo_full_name: 'opsee/api',
      repo_type: 'private',
    },
  },
})
