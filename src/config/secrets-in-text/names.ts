/** Decides by its name whether a variable, a field or a flag holds a secret. */

/**
 * `surely`: its value is a secret unless it says otherwise. `likely`: so is a value that is assigned to it, and in a sentence
 * one that looks random. `perhaps`: only a value that looks random is a secret.
 */
export type Holds = 'surely' | 'likely' | 'perhaps' | 'nothing'

const surely =
  /^(?:[a-z0-9]*(?:passwords?|passwd|passphrases?|passwort|secrets?|apikeys?|accesskeys?|secretkeys?|privatekeys?)|pwd|passcode|(?:db|pg|my|mysql|redis|smtp|mail|user|root|admin|ftp|ssh|ldap|http|proxy|mongo|require|master|key|store|trust|keystore|truststore|sudo)(?:pass|pw))$/
const perhaps =
  /^(?:[a-z0-9]*tokens?|pass|pw|psk|auth|authorization|cookie|credentials?|creds?|sig|signature|bearer|hmac|salt|otp|sas)$/
/** With one of these before it, a token or a password is one, and not a word of a sentence. */
const tokenOwners =
  /^(?:access|refresh|id|auth|bearer|api|bot|session|personal|deploy|github|gitlab|slack|npm|vault|app|user|service|db|database|smtp|redis|root|admin|mysql|pg|ftp|ldap|mail|registry|docker)$/

/** Words before `key` that make it a secret. A public key or a cache key is none. */
const keyOwners = new Set(
  'api access secret private encryption signing account master auth client storage shared service subscription webhook session root deploy ssh tls ssl hmac jwt license integration ingest write admin'.split(
    ' ',
  ),
)

/** Words behind the secret's name that only say which one it is. */
const qualifiers =
  /^(?:\d+|v\d+|prod|production|staging|stage|dev|development|test|qa|live|sandbox|old|new|current|previous|prev|next|primary|secondary|main|master|root|admin|user|value|val|plain|plaintext|text|str|string|raw|base64|b64|encoded|data|default|backup|ro|rw|read|write|key|keys)$/

/** Words behind the secret's name that make it something else, such as the path of a file. */
const otherwise =
  /^(?:file|files|path|paths|dir|folder|url|uri|endpoint|host|name|names|id|ids|ttl|expiry|expires|expiration|count|counts|length|len|size|min|max|limit|type|policy|rotation|age|field|fields|label|header|enabled|required|optional|hint|prompt|reset|prefix|suffix|format|version|manager|provider|store|backend|ref|reference|arn|mode|method|strength|rule|rules|check|checks|validation|timeout|retries|command|cmd|helper|source|env|var|words|service|server|class|module|plugin|middleware)$/

/** `DB_PASSWORD`, `dbPassword`, `--db-password` and `db.password` are all `db`, `password`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase())
    .filter((word) => word !== '')
}

export function holdsSecret(name: string): Holds {
  const words = wordsOf(name)
  // `SECRET_ID` is how Vault names the secret half of a login.
  if (words.at(-2) === 'secret' && words.at(-1) === 'id') return 'surely'
  const found = lastSecretWord(words)
  if (found === null) return 'nothing'
  const behind = words.slice(found.at + 1)
  if (behind.some((word) => otherwise.test(word))) return 'nothing'
  // In `ADDTOKEN_TO_USERS` anything may follow; in `AddTokenToUsers: done` it is a sentence.
  const constant = /^[^a-z]+$/.test(name)
  if (constant && words.length > 1 && /^(?:[a-z0-9]*token|pass|pw|credentials?|creds?)$/.test(words[found.at] ?? ''))
    return 'surely'
  return constant || behind.every((word) => qualifiers.test(word)) ? found.holds : 'nothing'
}

function lastSecretWord(words: readonly string[]): { readonly at: number; readonly holds: Holds } | null {
  for (let at = words.length - 1; at >= 0; at -= 1) {
    const word = (words[at] ?? '').replace(/\d+$/, '')
    if (surely.test(word) || (/^keys?$/.test(word) && keyOwners.has(words[at - 1] ?? '')))
      return { at, holds: 'surely' }
    if (perhaps.test(word)) {
      if (isOwned(word, words[at - 1])) return { at, holds: 'surely' }
      return { at, holds: /^(?:[a-z0-9]*token|pass|pw)$/.test(word) ? 'likely' : 'perhaps' }
    }
  }
  return null
}

const isOwned = (word: string, owner: string | undefined): boolean =>
  /^(?:token|pass|pw)$/.test(word) && owner !== undefined && tokenOwners.test(owner)
