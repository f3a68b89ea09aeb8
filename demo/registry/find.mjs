// Finds an image registry, or unpacks Debian's below the project.
import { pathToFileURL } from 'node:url'
import { findProgram, printProgram } from '../debian/find-program.mjs'

/** @type {(options: Parameters<typeof findProgram>[0]) => Promise<string>} */
export const findRegistry = (options) =>
  findProgram(options, {
    what: 'image registry',
    variable: 'REGISTRY_BIN',
    names: ['docker-registry', 'registry'],
    package: 'docker-registry',
    folder: 'docker-registry',
    file: 'usr/bin/docker-registry',
    advice: 'install docker-registry 2.8 (distribution)',
  })

// `node demo/registry/find.mjs` prints the path.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await printProgram(findRegistry)
}
