import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The server's end of one WebSocket: text frames, pings answered, the closing handshake unless it is told to be rude. */
export interface ServerSocket {
  readonly received: string[]
  readonly closed: Promise<void>
  isOpen(): boolean
  send(text: string): void
  /** Breaks the connection off without a word. */
  destroy(): void
  /** Never answers a close frame again. */
  ignoreClose(): void
}

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/** Answers the upgrade request (RFC 6455, section 4.2.2) and speaks frames from then on. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  onText: (text: string) => void,
): ServerSocket {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let open = true
  let rude = false
  let pending = Buffer.alloc(0)
  const received: string[] = []
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      open = false
      resolve()
    })
  })
  socket.on('error', () => undefined)
  socket.on('end', () => socket.end())
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (let frame = firstFrame(pending); frame !== null; frame = firstFrame(pending)) {
      pending = pending.subarray(frame.size)
      if (frame.opcode === PING) socket.write(frameOf(PONG, frame.data))
      if (frame.opcode === CLOSE && !rude) socket.end(frameOf(CLOSE, frame.data))
      if (frame.opcode === TEXT) {
        received.push(frame.data.toString())
        onText(frame.data.toString())
      }
    }
  })
  return {
    received,
    closed,
    isOpen: () => open,
    send: (text) => void socket.write(frameOf(TEXT, Buffer.from(text))),
    destroy: () => void socket.destroy(),
    ignoreClose: () => {
      rude = true
    },
  }
}

function frameOf(opcode: number, data: Buffer): Buffer {
  const head = data.length < 126 ? Buffer.from([0x80 | opcode, data.length]) : Buffer.from([0x80 | opcode, 126, 0, 0])
  if (data.length >= 126) head.writeUInt16BE(data.length, 2)
  return Buffer.concat([head, data])
}

/** The first whole frame; a client's frames are always masked and, in these tests, below 64 kB. */
function firstFrame(bytes: Buffer): { opcode: number; data: Buffer; size: number } | null {
  if (bytes.length < 6) return null
  const short = bytes.readUInt8(1) & 0x7f
  const at = short === 126 ? 4 : 2
  const length = short === 126 ? bytes.readUInt16BE(2) : short
  if (bytes.length < at + 4 + length) return null
  const mask = bytes.subarray(at, at + 4)
  const data = Buffer.from(bytes.subarray(at + 4, at + 4 + length))
  for (const [index, byte] of data.entries()) data[index] = byte ^ (mask[index % 4] ?? 0)
  return { opcode: bytes.readUInt8(0) & 0x0f, data, size: at + 4 + length }
}
