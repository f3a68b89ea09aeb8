import type { Release } from './release.ts'

/** Where people see what lies between two commits. */

type Built = Pick<Release, 'source' | 'revision'>

/**
 * The page of GitHub, GitLab or Bitbucket that compares two releases of one source; null where there is no such page. What
 * the labels say is somebody else's: only http(s) addresses without a password, and commits, become part of it.
 */
export function compareLink(from: Built, to: Built): string | null {
  const [a, b] = [commitOf(from), commitOf(to)]
  const source = to.source === null ? null : repositoryOf(to.source)
  if (a === null || b === null || a === b || source === null) return null
  if (from.source !== null && repositoryOf(from.source)?.href !== source.href) return null
  const { hostname, href } = source
  if (isOf(hostname, 'gitlab')) return `${href}/-/compare/${a}...${b}`
  if (isOf(hostname, 'bitbucket')) return `${href}/branches/compare/${b}..${a}`
  return isOf(hostname, 'github') ? `${href}/compare/${a}...${b}` : null
}

/** `github.com`, `github.example.com`, `code-gitlab.example.com`. */
const isOf = (hostname: string, name: string): boolean => hostname.split(/[.-]/).includes(name)

const commitOf = ({ revision }: Built): string | null =>
  revision !== null && /^[0-9a-f]{7,64}$/.test(revision) ? revision : null

/** Without query, fragment and `.git`; null for what is no address of a repository. */
function repositoryOf(source: string): { readonly href: string; readonly hostname: string } | null {
  if (!URL.canParse(source)) return null
  const { protocol, host, hostname, pathname, username, password } = new URL(source)
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return null
  return /^(\/[A-Za-z0-9._~-]+){2,}$/.test(path) ? { href: `${protocol}//${host}${path}`, hostname } : null
}
