import type { AuditReader } from '../authorization/audit-reader.ts'
import type { Authorized, OpenGrant } from '../authorization/door.ts'
import type { Capabilities } from './capabilities.ts'

/** The right to read the audit log. */
export const auditCapability =
  (open: OpenGrant, audit: AuditReader) =>
  (context: Authorized<'audit'>): Capabilities['audit'] => {
    const { scope } = open(context, 'audit')
    if (scope.kind !== 'shop') throw new Error('The audit log is of the whole shop, which is not what was authorized')
    return audit
  }
