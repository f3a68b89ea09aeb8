// The only file that imports Cedar, so that the flag below is set before Cedar's WebAssembly exists, however the process
// was started. A test checks the order.
import './wasm-calls.ts'

export type { DetailedError, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
export {
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
