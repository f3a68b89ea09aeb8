const oldest = [20, 19]

/** Null when this Node will do, else what to tell the person. `version` is `process.versions.node`. */
export function refuseNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return null
  return `Opsee needs Node ${oldest.join('.')} or newer, and this is ${version}.\nInstall a newer Node and type the same command again.`
}
