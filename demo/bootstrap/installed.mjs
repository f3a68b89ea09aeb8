import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Null when `node_modules` holds what `package-lock.json` says, else the first difference in words. npm writes its
 * hidden lock file last, so an install that was cut short is a difference.
 */
export function whyInstall(root) {
  const wanted = packagesOf(path.join(root, 'package-lock.json'))
  const present = packagesOf(path.join(root, 'node_modules', '.package-lock.json'))
  if (wanted === null)
    throw new Error(`${root} has no readable package-lock.json. Restore it: git checkout package-lock.json`)
  if (present === null) return 'nothing is installed yet'
  const ours = wanted['']?.optionalDependencies ?? {}
  for (const [place, entry] of Object.entries(wanted)) {
    if (place === '' || entry.link === true) continue
    if (entry.optional === true && !(isOurs(place, ours) && fits(entry))) continue
    const name = place.replace(/^.*node_modules\//, '')
    const found = present[place]
    if (found === undefined || !existsSync(path.join(root, place, 'package.json'))) return `${name} is missing`
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${name} is ${found.version}, wanted is ${entry.version}`
    }
  }
  return null
}

// Of what is optional only our own choices count, and only where they run: the others belong to other platforms.
const isOurs = (place, ours) => Object.keys(ours).some((name) => place === `node_modules/${name}`)
const fits = (entry) =>
  (entry.os ?? [process.platform]).includes(process.platform) && (entry.cpu ?? [process.arch]).includes(process.arch)

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null
  } catch {
    return null
  }
}
