import { createHash } from 'node:crypto'
import { digestSchema } from '../../domain/release.ts'

export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export const isDigest = (text: string): boolean => digestSchema.safeParse(text).success
