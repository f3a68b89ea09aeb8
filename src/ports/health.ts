/** How an instance is asked whether it is well. `none` believes the unit's state alone: for workers without a port. */
export type HealthGate =
  | {
      readonly kind: 'http'
      /** A number, or `announced`: the port that the discovery keys name for the instance's machine. */
      readonly port: number | 'announced'
      /** Which of the announced ports, by the container's number. */
      readonly containerPort?: number | undefined
      readonly path: string
      readonly timeoutMs: number
      /** JSON field of the answer that differs between two processes (a start time, a pid); null when there is none. */
      readonly identity: string | null
      /** JSON field of the answer that says which release it runs. */
      readonly says?: string | undefined
    }
  | {
      readonly kind: 'tcp'
      readonly port: number | 'announced'
      readonly containerPort?: number | undefined
      readonly timeoutMs: number
    }
  | { readonly kind: 'none' }

export interface HealthProbe {
  /** One try. Never rejects and never takes longer than the gate's `timeoutMs`. */
  check(gate: HealthGate, address: { readonly ip: string; readonly port: number | null }): Promise<HealthResult>
}

export type HealthResult =
  /** `identity` and `says` are the values of the gate's fields of these names; null for none. */
  | { readonly kind: 'healthy'; readonly identity: string | null; readonly says?: string | null }
  /** `reason` for a person: "HTTP 503 from http://127.0.0.11:8080/health", "connection refused". */
  | { readonly kind: 'unhealthy'; readonly reason: string }
