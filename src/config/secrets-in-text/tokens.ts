/**
 * Tokens that a service gives a fixed shape, mostly a prefix. Sources: the token formats that each service documents. Every
 * repetition is bounded or starts at the edge of a word, so that the search takes linear time on hostile text.
 */
const shapes: readonly string[] = [
  // Slack
  String.raw`x(?:ox[a-z]|app|wfp)-[A-Za-z0-9.-]{6,400}`,
  // Amazon: access keys, also temporary ones, and session tokens
  String.raw`(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AGPA|ANPA|ANVA)[A-Z0-9]{12,124}\b`,
  String.raw`(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=]{40,4000}`,
  // Google
  String.raw`AIza[A-Za-z0-9_-]{30,40}`,
  String.raw`ya29\.[A-Za-z0-9_-]{20,1000}`,
  String.raw`GOCSPX-[A-Za-z0-9_-]{20,40}`,
  String.raw`1//0[A-Za-z0-9_-]{40,200}`,
  // Forges and package registries
  String.raw`gh[pousr]_[A-Za-z0-9]{16,255}`,
  String.raw`github_pat_[A-Za-z0-9_]{20,255}`,
  String.raw`gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas|ffct)-[A-Za-z0-9_.=-]{16,300}`,
  String.raw`GR1348941[A-Za-z0-9_-]{16,40}`,
  String.raw`AT(?:ATT3|CTT3|BB)[A-Za-z0-9_=-]{20,400}`,
  String.raw`npm_[A-Za-z0-9]{30,60}`,
  String.raw`pypi-[A-Za-z0-9_-]{16,400}`,
  String.raw`rubygems_[a-f0-9]{32,64}`,
  String.raw`cio[A-Za-z0-9]{32}\b`,
  String.raw`dckr_[a-z]{2,4}_[A-Za-z0-9_-]{16,60}`,
  // Payment
  String.raw`(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,250}`,
  String.raw`whsec_[A-Za-z0-9+/=]{20,120}`,
  String.raw`sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{20,60}`,
  String.raw`EAAA[A-Za-z0-9_-]{50,70}`,
  String.raw`access_token\$(?:production|sandbox)\$[a-z0-9]{10,40}\$[a-f0-9]{20,40}`,
  // Mail, chat, phone
  String.raw`SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}`,
  String.raw`key-[a-f0-9]{32}\b`,
  String.raw`[a-f0-9]{32}-us\d{1,2}\b`,
  String.raw`xkeysib-[a-f0-9]{32,80}-[A-Za-z0-9]{8,32}`,
  String.raw`SK[a-f0-9]{32}\b`,
  String.raw`\d{8,10}:AA[A-Za-z0-9_-]{32,36}`,
  String.raw`[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}`,
  // Models
  String.raw`sk-(?:ant-|proj-|svcacct-|or-v1-)[A-Za-z0-9_-]{20,300}`,
  String.raw`sk-[A-Za-z0-9]{32,64}\b`,
  String.raw`hf_[A-Za-z0-9]{30,50}`,
  // Hosting, databases, observability
  String.raw`do[oprt]_v1_[a-f0-9]{40,80}`,
  String.raw`(?:HRKU-|hvs\.|hvb\.|hvr\.)[A-Za-z0-9_-]{20,200}`,
  String.raw`[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,90}`,
  String.raw`gl(?:c|sa)_[A-Za-z0-9+/=_]{30,200}`,
  String.raw`(?:NRAK|NRJS|NRII|PMAK|tskey|AGE-SECRET-KEY-1|lin_api|ntn|sbp|sntrys|sntryu|pul|figd|rdme|shpat|shpss|shpca|shppa|PRIVATE-KEY)[_-]?[A-Za-z0-9_=+/-]{20,300}`,
  String.raw`pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,64}`,
  String.raw`dapi[a-f0-9]{32}(?:-\d)?\b`,
  String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,80}`,
  String.raw`FlyV1 [A-Za-z0-9+/=_,-]{40,1000}`,
  String.raw`ops_eyJ[A-Za-z0-9_=+/-]{40,2000}`,
  // Opsee's own API tokens
  String.raw`opsee_[A-Za-z0-9]{24,100}`,
  // JSON Web Tokens, also encrypted ones
  String.raw`eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000}){0,3}`,
]

/** Addresses whose path is the secret: whoever knows the address may post. The group is the part that stays. */
const addresses: readonly string[] = [
  String.raw`hooks\.slack\.com\/(?:services|workflows|triggers)\/`,
  String.raw`(?:discord|discordapp)\.com\/api\/(?:v\d{1,2}\/)?webhooks\/`,
  String.raw`[a-z0-9-]{1,60}\.webhook\.office\.com\/webhookb2\/`,
  String.raw`outlook\.office\.com\/webhook\/`,
  String.raw`hooks\.zapier\.com\/hooks\/catch\/`,
  String.raw`maker\.ifttt\.com\/trigger\/[a-z0-9_-]{1,60}\/with\/key\/`,
  String.raw`api\.telegram\.org\/bot`,
]

const token = new RegExp(`(?<![A-Za-z0-9_-])(?:${shapes.join('|')})`, 'g')
const address = new RegExp(`(?<![A-Za-z0-9-])(${addresses.join('|')})[^\\s"'<>|)\\]]{1,500}`, 'gi')

/** Replaces tokens of well-known services, and the secret part of webhook addresses. */
export const maskTokens = (text: string, mask: string): string =>
  text.replace(token, mask).replace(address, `$1${mask}`)
