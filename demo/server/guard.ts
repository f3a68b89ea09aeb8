import { spawn } from 'node:child_process'

/**
 * Waits beside us for our end: a line means all is well; a closed pipe means that we died, by whatever signal, and that
 * the server (and its folder) would be left behind.
 */
const SCRIPT = 'read -r line && exit 0; kill -9 "$1"; if [ -n "$2" ]; then sleep 0.2; rm -rf -- "$2"; fi'

/** Ends process `pid` and removes `dir` should this process die first. Call what it returns when `pid` has ended. */
export function guard(pid: number, dir: string | null): () => void {
  const child = spawn('sh', ['-c', SCRIPT, 'server-guard', String(pid), dir ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a shell there is no guard, which is no reason to have no server.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  return () => {
    child.stdin.end('done\n')
  }
}
