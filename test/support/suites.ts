import { existsSync } from 'node:fs'
import path from 'node:path'
import { importsOf, root, sourceFiles, type Import } from '../architecture/imports.ts'

/** Modules by which a suite starts a process or opens a socket. */
const outside =
  /^(?:node:(?:child_process|cluster|dgram|http|http2|https|net|tls|worker_threads)|etcd3|@grpc\/grpc-js|undici|@slack\/(?:bolt|socket-mode|web-api)|execa|playwright-core)$/

/**
 * The test files that can start no process and open no socket: no module that they import, directly or through others,
 * gives the means. Such files leave nothing behind, so they may share a process.
 */
export function pureSuites(): string[] {
  const imports = new Map<string, readonly Import[]>()
  const read = (file: string): readonly Import[] => {
    const known = imports.get(file) ?? importsOf(file).filter(({ typeOnly }) => !typeOnly)
    imports.set(file, known)
    return known
  }
  const isPure = (suite: string): boolean => {
    const reached = new Set([suite])
    for (const file of reached) {
      for (const { kind, to } of read(file)) {
        if (kind !== 'own' && outside.test(to)) return false
        if (kind === 'own' && isSource(to)) reached.add(to)
      }
    }
    return true
  }
  return sourceFiles('test').filter((file) => file.endsWith('.test.ts') && isPure(file))
}

const isSource = (file: string): boolean => /\.(?:ts|mjs)$/.test(file) && existsSync(path.join(root, file))
