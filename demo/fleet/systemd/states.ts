/** systemd's states of a service, written `ActiveState/SubState`. */
export type ServiceState =
  | 'inactive/dead'
  | 'activating/start-pre'
  | 'activating/start'
  | 'activating/start-post'
  | 'activating/auto-restart'
  | 'active/running'
  | 'active/exited'
  | 'deactivating/stop'
  | 'deactivating/stop-sigterm'
  | 'deactivating/stop-sigkill'
  | 'deactivating/stop-post'
  | 'failed/failed'

/** Why a service ended. */
export type Result = 'success' | 'exit-code' | 'signal' | 'timeout' | 'start-limit-hit' | 'resources'

export function isUp(state: ServiceState): boolean {
  return state.startsWith('active/')
}

export function isDown(state: ServiceState): boolean {
  return state === 'inactive/dead' || state === 'failed/failed'
}
