import type { Holds } from './names.ts'

/** Decides by the value whether what stands under a secret's name is the secret itself. */

const placeholder =
  /^(?:‹secret›|[*•.x-]{3,}|<[^>]{0,200}>|\$[A-Za-z_({].{0,200}|\{\{.{0,200}|%[A-Z_]{1,80}%|\[[A-Za-z ]{0,40}\])$/i

/** Values that say something about a secret. */
const remark =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|unset|unknown|empty|missing|required|optional|default|auto|disabled?|enabled?|anonymous|ok|okay|valid|invalid|wrong|bad|good|fine|set|reset|new|old|same|is|was|not|for|from|in|at|the|a|an|and|or|to|of|via|by|with|manager|rotation|refresh|required|error|failure|failed|success|granted|denied|later|soon|now|here|see)$/i

/** `rotated`, `migrating`, `unreadable`: a state, if it is one lower-case word. */
const state = /^[A-Za-z]?[a-z]{2,}(?:ed|ing|able|less)$/

/** Methods of authentication, as in `auth=scram-sha-256`. */
const method =
  /^(?:scram|oauth|sha|md5|hmac|rs|es|hs|ps|ntlm|kerberos|gssapi|ldap|saml|oidc|openid|basic|bearer|digest|plain|xoauth|cert|mtls|tls|pam|peer|trust|ident|iam|jwt|token|password|pubkey|publickey)[\w-]{0,20}$/i

/** A digest or a version names public content. */
const named = /^(?:sha\d{1,3}:[a-f0-9]{6,128}|v?\d{1,6}(?:\.\d{1,6}){1,3}(?:-[a-z0-9.]{1,20})?)$/

const path = /^(?:\.{0,2}|~)(?:\/[\w.@+-]{1,100}){1,20}\/?$/

export interface Value {
  readonly text: string
  readonly quoted: boolean
  /** A space or a line end stands before it, as in a sentence. */
  readonly spaced: boolean
  /** Another word follows it on the line. */
  readonly followed: boolean
}

export function isSecretValue(value: Value, holds: Exclude<Holds, 'nothing'>): boolean {
  const { text } = value
  if (text === '' || named.test(text) || placeholder.test(text) || path.test(text) || /^https?:\/\//i.test(text))
    return false
  if (remark.test(text) || (!value.quoted && state.test(text))) return false
  if (holds === 'likely' && !value.spaced && text.length >= 8 && !/^\d+$/.test(text)) return !method.test(text)
  if (holds !== 'surely') return !method.test(text) && looksRandom(text, value.quoted ? 6 : 8)
  if (value.quoted) return true
  // "secret: rotation is done" is a sentence; "secret=rotation" is an assignment.
  if (value.spaced && value.followed && /^[A-Za-z]+$/.test(text)) return false
  return text.length >= 3 && !(text.length < 6 && /^\d+$/.test(text))
}

/** No word of a language: letters and digits mixed, capitals inside, or long without a space. */
export function looksRandom(text: string, shortest = 8): boolean {
  if (text.length < shortest || /\s/.test(text) || /^\d[\d.,:]*$/.test(text)) return false
  if (/\d/.test(text) && /[A-Za-z]/.test(text)) return !/^v?\d+(?:\.\d+)+(?:-[a-z]+)?$/.test(text)
  return /[a-z][A-Z]{2}|[a-z][A-Z][a-z]{0,2}[A-Z]/.test(text) || (text.length >= 24 && !/[-_.]/.test(text))
}
