import { rootCertificates } from 'node:tls'
import { InterceptingCall, ListenerBuilder, status, type Interceptor } from '@grpc/grpc-js'
import { ConstantBackoff, noop } from 'cockatiel'
import { Etcd3 } from 'etcd3'
import { parseEndpoint, type EtcdOptions } from './options.ts'

/** One etcd server: its client, and the token of our login there. */
export interface Member {
  /** Its address as people know it; never holds a password. */
  readonly name: string
  readonly client: Etcd3
  /** Logs in when it must, before `deadline` (wall clock, ms). */
  login(deadline: number): Promise<void>
  /** Forgets the token, so that the next call logs in again. */
  forgetLogin(): void
  close(): void
}

/** 64 MiB: a page of big records passes; gRPC's own 4 MiB silently starves a watch (reference: etcd3 issue 193). */
const MAX_RECEIVE_BYTES = 64 * 1024 * 1024

const CHANNEL = {
  // etcd closes connections that are pinged more often than every 5 s (embed.DefaultGRPCKeepAliveMinTime).
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.max_receive_message_length': MAX_RECEIVE_BYTES,
  // Otherwise clients of one process share a connection, and its back-off, behind each other's back.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
}

/**
 * A client of one endpoint with etcd3's own retry, breaker and login switched off: its retry repeats writes blindly, its
 * breaker refuses a healthy server for 5 s, its login leaks a connection per try and loops on a stale token.
 * Makes no connection before the first call.
 */
export function openMember(endpoint: string, options: EtcdOptions, tryMs: number): Member {
  const { name, secure } = parseEndpoint(endpoint, options.tls !== undefined)
  const { auth, clock } = options
  let token: string | null = null
  let loggingIn: Promise<void> | null = null

  const interceptor: Interceptor = (callOptions, nextCall) =>
    new InterceptingCall(nextCall(callOptions), {
      start(metadata, _listener, next) {
        // A member that lost its quorum then says so, instead of staying silent.
        metadata.set('hasleader', 'true')
        if (token !== null) metadata.set('token', token)
        const listener = new ListenerBuilder()
          .withOnReceiveStatus((answer, pass) => {
            const expired = answer.code !== status.OK && /invalid auth token/.test(answer.details)
            if (expired) token = null
            // Under its own name etcd3 would repeat the call for ever by itself.
            pass(expired ? { ...answer, code: status.UNAUTHENTICATED, details: 'the login expired' } : answer)
          })
          .build()
        next(metadata, listener)
      },
    })

  const client = new Etcd3({
    hosts: name,
    ...(secure ? { credentials: credentialsOf(options.tls ?? {}) } : {}),
    grpcOptions: CHANNEL,
    faultHandling: { host: () => noop, global: noop, watchBackoff: new ConstantBackoff(500).next() },
    // A factory: a fixed object would be one absolute moment. None on streams: it would end each of them.
    defaultCallOptions: ({ isStream }) =>
      isStream ? { interceptors: [interceptor] } : { interceptors: [interceptor], deadline: clock.now() + tryMs },
  })

  return {
    name,
    client,
    async login(deadline) {
      if (auth === undefined || token !== null) return
      loggingIn ??= client.auth
        .authenticate({ name: auth.user, password: auth.password }, { deadline })
        .then((answer) => {
          token = answer.token
        })
        .finally(() => {
          loggingIn = null
        })
      await loggingIn
    },
    forgetLogin() {
      token = null
    },
    close() {
      client.close()
    },
  }
}

function credentialsOf(tls: NonNullable<EtcdOptions['tls']>) {
  return {
    rootCertificate: Buffer.from(tls.ca ?? rootCertificates.join('\n')),
    ...(tls.key === undefined ? {} : { privateKey: Buffer.from(tls.key) }),
    ...(tls.cert === undefined ? {} : { certChain: Buffer.from(tls.cert) }),
  }
}
