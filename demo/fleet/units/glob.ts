/** Shell-like match of a whole unit name: `*`, `?`, `[a-z]`, backslash escapes; `*` does not cross `/`. */
export function globMatches(pattern: string, name: string): boolean {
  let source = ''
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern.charAt(i)
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '\\') {
      i += 1
      source += escape(pattern.charAt(i))
    } else if (char === '[') {
      const end = pattern.indexOf(']', i + 1)
      if (end === -1) return false
      source += `[${pattern.slice(i + 1, end).replaceAll('\\', '\\\\')}]`
      i = end
    } else source += escape(char)
  }
  return new RegExp(`^${source}$`).test(name)
}

function escape(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
