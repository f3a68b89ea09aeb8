import { connect, createServer, type Socket } from 'node:net'

/** What becomes of one envelope on its way to the bot. */
type Passage = { readonly kind: 'once' } | { readonly kind: 'twice' } | { readonly kind: 'late'; readonly ms: number }

export interface EnvelopeProxy {
  /** `ws://127.0.0.1:<port>`, in place of the Slack's own. */
  readonly origin: string
  /** Decides about each envelope from now on. */
  decide(passage: () => Passage): void
  /** Breaks every socket off. */
  cut(): void
  close(): Promise<void>
}

const text = 1

/** Stands in a Socket Mode connection and repeats or holds back whole envelopes: one that is late is overtaken. */
export async function startEnvelopeProxy(port: number): Promise<EnvelopeProxy> {
  const sockets = new Set<Socket>()
  let decide: () => Passage = () => ({ kind: 'once' })

  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    const send = (bytes: Buffer): void => void (client.writable && client.write(bytes))
    let head = true
    let pending = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => server.write(chunk))
    server.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      if (head) {
        const end = pending.indexOf('\r\n\r\n')
        if (end === -1) return
        send(pending.subarray(0, end + 4))
        pending = pending.subarray(end + 4)
        head = false
      }
      for (let size = frameSize(pending); size !== null; size = frameSize(pending)) {
        const frame = Buffer.from(pending.subarray(0, size))
        pending = pending.subarray(size)
        pass(frame, send)
      }
    })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
  })

  function pass(frame: Buffer, send: (bytes: Buffer) => void): void {
    const isEnvelope = (frame.readUInt8(0) & 0x0f) === text && frame.includes('"envelope_id"')
    const passage: Passage = isEnvelope ? decide() : { kind: 'once' }
    if (passage.kind === 'late') {
      setTimeout(() => send(frame), passage.ms)
      return
    }
    send(frame)
    if (passage.kind === 'twice') send(frame)
  }

  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve)
  })
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy of envelopes has no port')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    origin: `ws://127.0.0.1:${address.port}`,
    decide: (next) => {
      decide = next
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        cut()
      }),
  }
}

/** Bytes of the first whole frame; null while it is not whole. A server's frames carry no mask (RFC 6455, 5.1). */
function frameSize(bytes: Buffer): number | null {
  if (bytes.length < 2) return null
  const short = bytes.readUInt8(1) & 0x7f
  const at = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < at) return null
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
  return bytes.length < at + length ? null : at + length
}
