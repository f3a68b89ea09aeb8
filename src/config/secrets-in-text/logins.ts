import { looksRandom } from './values.ts'

/** Passwords in addresses, headers and command lines. */

const url = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[^\s/:@"'<>|]{0,200}):([^\s/"'<>|]{1,500})@/g
const urlToken = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/)([A-Za-z0-9_.-]{16,500})@/g
const scheme = /(?<![A-Za-z0-9])((?:Bearer|Token|ApiKey|Negotiate)[ \t]{1,5})([A-Za-z0-9._~+/=-]{8,8000})/gi
const basic = /(?<![A-Za-z0-9])(Basic[ \t]{1,5})([A-Za-z0-9+/_-]{6,4000}={0,2})/gi
const cookie = /(?<![A-Za-z0-9])((?:set-)?cookie:[ \t]{0,5})([^\r\n"']{1,8000})/gi
const user = /(?<![^\s"'])(-u[ \t]{0,3}|--(?:proxy-)?user[ =])([^\s:"']{1,100}):([^\s"']{6,200})/g
const client =
  /\b((?:mysql\w{0,10}|mariadb\w{0,10}|sshpass|(?:docker|podman|helm|nerdctl) login)\b[^\n]{0,300}?[ \t]-p[ \t]?)([^\s"'-][^\s"']{3,200})/g
const netrc = /\b(login[ \t\n]{1,20}\S{1,100}[ \t\n]{1,20}password[ \t]{1,20})(\S{1,200})/g
const sql = /\b((?:identified by|password)[ \t]{1,5})'([^'\n]{1,200})'/gi
/** `hunter22 is the password` cannot be told from prose, but `password is hunter22` can. */
const sentence = /\b((?:password|passphrase|secret|token|api key)[ \t](?:is|was)[ \t]{1,3})([^\s,;"']{6,200})/gi

export function maskLogins(text: string, mask: string): string {
  const keep =
    (isSecret: (value: string) => boolean) =>
    (whole: string, before: string, value: string): string =>
      isSecret(value) ? `${before}${mask}` : whole
  return text
    .replace(url, (whole, before: string, value: string) => (value === mask ? whole : `${before}:${mask}@`))
    .replace(urlToken, (whole, before: string, value: string) => (looksRandom(value) ? `${before}${mask}@` : whole))
    .replace(scheme, keep(looksRandom))
    .replace(basic, keep(isLogin))
    .replace(
      cookie,
      keep((value) => value.includes('=')),
    )
    .replace(user, (whole, option: string, name: string, value: string) =>
      /\d/.test(value) && /\D/.test(value) ? `${option}${name}:${mask}` : whole,
    )
    .replace(
      client,
      keep((value) => value !== mask),
    )
    .replace(
      netrc,
      keep((value) => value !== mask),
    )
    .replace(sql, (whole, before: string, value: string) => (value === mask ? whole : `${before}'${mask}'`))
    .replace(
      sentence,
      keep((value) => looksRandom(value.replace(/[.!?]+$/, ''))),
    )
}

/** `user:password` in base64, as the Basic scheme sends it. "Basic authentication" is none. */
function isLogin(value: string): boolean {
  const text = Buffer.from(value, 'base64').toString('latin1')
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(text) && value.length % 4 !== 1
}
