/**
 * Made-up secrets, each with the part that must not stay readable. Every value is put together here, so that no scanner
 * takes this file for a leak.
 */
export interface Leak {
  readonly what: string
  readonly text: string
  readonly secret: string
}

const letters = (length: number, alphabet: string): string =>
  Array.from({ length }, (_, at) => alphabet[(at * 7 + length * 3 + (at % 5)) % alphabet.length]).join('')
const alnum = (length: number): string => letters(length, 'aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xYzAbCdZeYfXgWhV')
const hex = (length: number): string => letters(length, '3f0a9c1e7b5d2846')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const pw = ['hunter', '22x'].join('')
const aws = alnum(40)

const token = (what: string, prefix: string, rest: string): Leak => ({
  what,
  text: `using ${prefix}${rest} now`,
  secret: rest.slice(0, 12),
})
const of = (what: string, text: string, secret: string): Leak => ({ what, text, secret })

const tokens: readonly Leak[] = [
  token('a Slack bot token', 'xoxb-', `123456789012-${alnum(24)}`),
  token('a Slack app token', 'xapp-', `1-A0123-99-${hex(24)}`),
  token('a refresh token of Slack', 'xoxe.', `xoxp-1-${alnum(40)}`),
  token('an AWS key', 'AKIA', 'IOSFODNN7EXAMPLE'),
  token('a temporary AWS key', 'ASIA', 'IOSFODNN7EXAMPLE'),
  token('an AWS session token', 'IQoJb3JpZ2lu', alnum(200)),
  token('a Google API key', 'AIza', alnum(35)),
  token('a Google access token', 'ya29.', alnum(60)),
  token('a Google client secret', 'GOCSPX-', alnum(28)),
  token('a token of GitHub', 'ghp_', alnum(36)),
  token('a token of a GitHub app', 'ghs_', alnum(36)),
  token('a fine-grained token of GitHub', 'github_pat_', `${alnum(22)}_${alnum(59)}`),
  token('a token of GitLab', 'glpat-', alnum(20)),
  token('a deploy token of GitLab', 'gldt-', alnum(20)),
  token('a runner token of GitLab', 'glrt-', alnum(20)),
  token('a token of Atlassian', 'ATATT3', alnum(60)),
  token('a token of npm', 'npm_', alnum(36)),
  token('a token of PyPI', 'pypi-', `AgEIcHlwaS5vcmc${alnum(60)}`),
  token('a token of Docker Hub', 'dckr_pat_', alnum(27)),
  token('a live key of Stripe', 'sk_live_', alnum(24)),
  token('a test key of Stripe', 'sk_test_', alnum(24)),
  token('a restricted key of Stripe', 'rk_live_', alnum(24)),
  token('a webhook secret of Stripe', 'whsec_', alnum(32)),
  token('a token of Square', 'sq0atp-', alnum(22)),
  token('a key of SendGrid', 'SG.', `${alnum(22)}.${alnum(43)}`),
  token('a key of Mailgun', 'key-', hex(32)),
  token('a key of Mailchimp', '', `${hex(32)}-us12`),
  token('a key of Twilio', 'SK', hex(32)),
  token('a bot token of Telegram', '123456789:AA', alnum(33)),
  token('a key of OpenAI', 'sk-proj-', alnum(48)),
  token('a key of Anthropic', 'sk-ant-', `api03-${alnum(80)}`),
  token('a token of Hugging Face', 'hf_', alnum(34)),
  token('a token of DigitalOcean', 'dop_v1_', hex(64)),
  token('a token of Vault', 'hvs.', alnum(90)),
  token('a token of Terraform Cloud', `${alnum(14)}.atlasv1.`, alnum(60)),
  token('a token of Grafana', 'glsa_', `${alnum(32)}_${hex(8)}`),
  token('a key of New Relic', 'NRAK-', alnum(27).toUpperCase()),
  token('a token of Databricks', 'dapi', hex(32)),
  token('a token of PlanetScale', 'pscale_tkn_', alnum(43)),
  token('a token of Shopify', 'shpat_', hex(32)),
  token('a key of Tailscale', 'tskey-', `auth-${alnum(30)}`),
  token('an age key', 'AGE-SECRET-KEY-1', alnum(58).toUpperCase()),
  token('an API token of Opsee', 'opsee_', alnum(32)),
  token('a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.', `${alnum(40)}.${alnum(43)}`),
  of('a webhook of Slack', `post to https://hooks.slack.com/services/T01/B02/${alnum(24)}`, alnum(24)),
  of('a webhook of Discord', `https://discord.com/api/webhooks/123456/${alnum(60)}`, alnum(60)),
  of('a webhook of Teams', `https://acme.webhook.office.com/webhookb2/${alnum(36)}@x/IncomingWebhook/y`, alnum(36)),
]

const names = [
  'DB_PASSWORD',
  'PASSWORD',
  'PGPASSWORD',
  'MYSQL_ROOT_PASSWORD',
  'DB_PASSWORD_PROD',
  'PASSWORD2',
  'REDIS_PASSWD',
  'AWS_SECRET_ACCESS_KEY',
  'SECRET_KEY',
  'SECRET_KEY_BASE',
  'CLIENT_SECRET',
  'API_KEY',
  'STRIPE_APIKEY',
  'PRIVATE_KEY',
  'ENCRYPTION_KEY',
  'DATABASE_CREDENTIALS',
  'dbPassword',
  'db-password',
  'spring.datasource.password',
  'clientSecret',
  'VAULT_SECRET_ID',
  'SIGNING_KEY',
  'ADMIN_PASSPHRASE',
  'AccountKey',
  'SharedAccessKey',
  'PASSWORD_MYSQL',
]

const assigned: readonly Leak[] = names.flatMap((name) => [
  of(`${name} in an environment`, `${name}=${pw} next`, pw),
  of(`${name} in YAML`, `  ${name}: ${pw}`, pw),
  of(`${name} in JSON`, JSON.stringify({ [name]: `${pw} y`, a: 1 }), pw),
  of(`${name} in JSON inside JSON`, JSON.stringify({ env: JSON.stringify({ [name]: `${pw}"z` }) }), pw),
  of(`${name} in code`, `const ${name.replaceAll(/[.-]/g, '_')} = '${pw}';`, pw),
])

const others: readonly Leak[] = [
  of('a flag', `migrate --password=${pw} --verbose`, pw),
  of('a flag and its value', `migrate --password ${pw} --verbose`, pw),
  of('a token flag and its value', `login --token ${alnum(20)}`, alnum(20)),
  of('a user of curl', `curl -u ann:${pw} https://x.example`, pw),
  of('an address', `postgres://u:${pw}@db:5432/x`, pw),
  of('an address without a user', `redis://:${pw}@cache:6379`, pw),
  of('an address with @ in the password', `amqp://u:a@${pw}@mq/x`, pw),
  of('a token in an address', `git clone https://${alnum(40)}@forge.example/x.git`, alnum(40)),
  of('a query', `GET /x?user=me&api_key=${alnum(24)}&page=2`, alnum(24)),
  of('a signature in a query', `https://b.example/c?sv=2024&sig=${alnum(44)}`, alnum(44)),
  of('a connection string', `Server=db;User Id=sa;Password=${pw};Encrypt=true`, pw),
  of('a storage connection string', `AccountName=x;AccountKey=${alnum(86)}==;EndpointSuffix=y`, alnum(86)),
  of('a Bearer header', `Authorization: Bearer ${alnum(30)}`, alnum(30)),
  of('a Basic header', `Authorization: Basic ${base64(`ann:${pw}`)}`, base64(`ann:${pw}`).slice(0, 12)),
  of('a Basic header by itself', `sent Basic ${base64(`ann:${pw}`)}`, base64(`ann:${pw}`).slice(0, 12)),
  of('a token header', `Authorization: token ${hex(40)}`, hex(40)),
  of('a key header', `X-Api-Key: ${alnum(32)}`, alnum(32)),
  of('a cookie', `Cookie: sid=${alnum(32)}; theme=dark`, alnum(32)),
  of('a docker login', JSON.stringify({ auths: { 'r.example': { auth: base64(`ann:${pw}`) } } }), base64(`ann:${pw}`)),
  of('an environment of an orchestrator', `{"name":"DB_PASSWORD","value":"${pw}"}`, pw),
  of('an environment of an orchestrator in YAML', `- name: DB_PASSWORD\n  value: ${pw}`, pw),
  of('XML', `<password>${pw}</password>`, pw),
  of('netrc', `machine x.example login ann password ${pw}`, pw),
  of('a Dockerfile', `ENV DB_PASSWORD ${pw}`, pw),
  of('a password of Redis', `requirepass ${pw}`, pw),
  of('a client of MySQL', `mysqldump -uroot -p${pw} shop`, pw),
  of('a docker login on a command line', `docker login -u ann -p ${pw} r.example`, pw),
  of('a short token in JSON', '{"token":"abc123"}', 'abc123'),
  of('a short token in an environment', 'GITHUB_TOKEN=abc123', 'abc123'),
  of('a short password in an environment', 'DB_PASS=s3cr', 's3cr'),
  of('an attribute', `<add key="DbPassword" value="${pw}"/>`, pw),
  of(
    'an SSH2 key',
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n${alnum(64)}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    alnum(64),
  ),
  of('SQL', `CREATE USER ann IDENTIFIED BY '${pw}'`, pw),
  of('a YAML block', `password: |\n  ${pw}\nuser: ann`, pw),
  of('a sentence', `the password is ${pw}, please rotate it`, pw),
  of('an api key in two words', `api key: ${alnum(24)}`, alnum(24)),
  of('a temporary AWS secret', `aws_session_token = ${alnum(120)}`, alnum(120)),
  of('an AWS secret', `aws_secret_access_key = ${aws}`, aws),
  of('a zero-width space inside', `DB_PASS\u200BWORD=${pw}`, pw),
  of('a token split by a zero-width joiner', `gh\u200Dp_${alnum(36)}`, alnum(36)),
  of('a private key', `-----BEGIN RSA PRIVATE KEY-----\n${alnum(64)}\n-----END RSA PRIVATE KEY-----`, alnum(64)),
  of(
    'an OpenSSH key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${alnum(70)}\n-----END OPENSSH PRIVATE KEY-----`,
    alnum(70),
  ),
  of('a private key that is cut', `-----BEGIN PRIVATE KEY-----\n${alnum(64)}`, alnum(64)),
  of('the end of a private key', `${alnum(64)}\n${alnum(40)}\n-----END PRIVATE KEY-----`, alnum(40)),
  of(
    'a private key in one line',
    `{"key":"-----BEGIN PRIVATE KEY-----\\n${alnum(64)}\\n-----END PRIVATE KEY-----"}`,
    alnum(64),
  ),
  of(
    'a private key in a journal',
    `Nov 29 h api[1]: -----BEGIN PRIVATE KEY-----\nNov 29 h api[1]: ${alnum(64)}\nNov 29 h api[1]: -----END PRIVATE KEY-----`,
    alnum(64),
  ),
  of(
    'the end of a private key in a journal',
    `Nov 29 h api[1]: ${alnum(64)}\nNov 29 h api[1]: -----END PRIVATE KEY-----`,
    alnum(64),
  ),
  of('the body of a private key alone', `MIIEvQIBADAN${alnum(52)}`, alnum(52)),
]

export const leaks: readonly Leak[] = [...tokens, ...assigned, ...others]
