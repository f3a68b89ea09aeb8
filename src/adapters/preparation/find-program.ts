import { resolve } from 'node:path'
import { findBinary, type BinaryLookup } from '../process/find-binary.ts'

const advice = 'Install it there, or write its path in the command of the preparation.'

/** The program of a preparation: a path is relative to `folder`, a bare name is looked up in `searchPath`. Never rejects. */
export const findProgram = (name: string, folder: string, searchPath: string): Promise<BinaryLookup> =>
  findBinary(name.includes('/') ? resolve(folder, name) : name, searchPath, advice)
