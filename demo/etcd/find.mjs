// Finds an etcd server, or unpacks Debian's below the project.
import { pathToFileURL } from 'node:url'
import { findProgram, printProgram } from '../debian/find-program.mjs'

/** @type {(options: Parameters<typeof findProgram>[0]) => Promise<string>} */
export const findEtcd = (options) =>
  findProgram(options, {
    what: 'etcd server',
    variable: 'ETCD_BIN',
    names: ['etcd'],
    package: 'etcd-server',
    folder: 'etcd',
    file: 'usr/bin/etcd',
    advice: 'install etcd 3.4 or newer',
  })

// `node demo/etcd/find.mjs` prints the path.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await printProgram(findEtcd)
