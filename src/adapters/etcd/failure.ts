import {
  castGrpcError,
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCDeadlineExceededError,
  GRPCUnauthenticatedError,
  isRecoverableError,
} from 'etcd3'
import type { Refusal } from '../../ports/store.ts'

/** What one failed try means for the next one. */
export type Failure =
  /** `sent` is false when the request surely never reached a server, so that it cannot have been applied. */
  | { readonly kind: 'again'; readonly sent: boolean; readonly words: string }
  /** The login expired; nothing was done. */
  | { readonly kind: 'login'; readonly words: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly words: string }

/** etcd's own sentences (etcdserver/api/v3rpc/rpctypes/error.go): the gRPC codes do not tell these apart. */
const SENTENCES: readonly (readonly [RegExp, Refusal, string])[] = [
  [/database space exceeded/, 'out-of-space', 'its database is full (NOSPACE): compact, defragment, disarm the alarm'],
  [/request is too large|larger than max|too many operations/, 'too-large', 'the request or its answer is too large'],
  [/authentication (failed|is not enabled)|invalid user/, 'login', 'it refused the user or password'],
  [/user name is empty/, 'login', 'it wants a user and password'],
  [/permission denied/, 'permission', 'the user may not touch these keys'],
  [/lease not found/, 'lease-gone', 'the lease of a key is gone'],
]

/** Sorts an error of etcd3 or gRPC; whatever is not known to be final is worth another try. */
export function classify(error: unknown): Failure {
  const cause = error instanceof Error ? castGrpcError(error) : new Error(String(error))
  const text = cause.message
  if (cause instanceof GRPCUnauthenticatedError) return { kind: 'login', words: 'the login expired' }
  if (cause instanceof EtcdAuthenticationFailedError) return refused('login', 'it refused the user or password')
  if (cause instanceof EtcdPermissionDeniedError) return refused('permission', 'the user may not touch these keys')
  if (cause instanceof EtcdLeaseInvalidError) return refused('lease-gone', 'the lease of a key is gone')
  for (const [pattern, refusal, words] of SENTENCES) if (pattern.test(text)) return refused(refusal, words)
  if (cause instanceof GRPCDeadlineExceededError) return { kind: 'again', sent: true, words: 'no answer' }
  if (/ECONNREFUSED/.test(text)) return { kind: 'again', sent: false, words: 'connection refused' }
  if (/No connection established|Name resolution failed/.test(text)) {
    return { kind: 'again', sent: false, words: plain(text) }
  }
  // The auth store may change between login and use; etcd then answers InvalidArgument, once.
  if (isRecoverableError(cause) || /auth store is old/.test(text)) {
    return { kind: 'again', sent: true, words: plain(text) }
  }
  return refused('invalid', plain(text))
}

function refused(refusal: Refusal, words: string): Failure {
  return { kind: 'refused', refusal, words }
}

/** Without gRPC's number and code in front, and without its time stamp behind. */
function plain(text: string): string {
  return text
    .replace(/^\w*Error: /, '')
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/ \(\d{4}-[^)]*\)$/, '')
}
