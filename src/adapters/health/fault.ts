const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'connection timed out',
  EPIPE: 'connection closed',
  EADDRNOTAVAIL: 'the address is not available',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too long',
}

/** Why a connection or an answer failed, for a person. */
export function connectionFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error.name === 'HTTPParserError' || code.startsWith('HPE_')) return 'the answer is not HTTP'
  return words[code] ?? (error.message === '' ? error.name : error.message)
}
