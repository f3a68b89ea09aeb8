/** Private keys in armor, which span several lines. A log may show only one end of a key. */

const begin = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d/
const end = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-MAC: [a-f0-9]{8,80}/
/** How the bodies of private keys begin: PKCS #1, PKCS #8, EC, Ed25519 and OpenSSH. */
const body =
  /(?<![A-Za-z0-9+/])(?:b3BlbnNzaC1rZXktdjE|MII[A-Za-z0-9+/]{2,6}(?:IBAD|IBAA|AgEA)|MC4CAQAwBQYDK2V|MHcCAQEE)[A-Za-z0-9+/=]{0,20000}/g

/** A line of a key's body, after what a log writes before it. Short lines are the last of a body. */
const bodyLine = /(?:^|[\s:>|])[A-Za-z0-9+/=]{16,200}\s*$/

export function maskPrivateKeys(text: string, mask: string): string {
  const open = maskFromBegin(text, mask)
  return maskBeforeEnd(open, mask).replace(body, mask)
}

/** From BEGIN to END, or to the end of the text. */
function maskFromBegin(text: string, mask: string): string {
  let out = ''
  let rest = text
  for (let from = begin.exec(rest); from !== null; from = begin.exec(rest)) {
    out += rest.slice(0, from.index) + mask
    const behind = rest.slice(from.index + from[0].length)
    const to = end.exec(behind)
    if (to === null) return out
    rest = behind.slice(to.index + to[0].length)
  }
  return out + rest
}

/** An END whose BEGIN is not in the text: the lines above it that can be a key's body. */
function maskBeforeEnd(text: string, mask: string): string {
  if (!end.test(text)) return text
  const lines = text.split('\n')
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at] ?? ''
    const found = end.exec(line)
    if (found === null) continue
    lines[at] = mask + line.slice(found.index + found[0].length)
    for (let above = at - 1; above >= 0 && bodyLine.test(lines[above] ?? ''); above -= 1) lines[above] = mask
  }
  return lines.join('\n')
}
