import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonSchema } from './valid-keys.ts'

/** What `opsee.schema.json` holds, for editors that know JSON Schema. */
export function schemaFile(): string {
  const title = 'The configuration of Opsee'
  return `${JSON.stringify({ title, ...jsonSchema() }, null, 2)}\n`
}

/** `npm run schema`. */
export async function writeSchemaFile(folder: string): Promise<void> {
  await writeFile(join(folder, 'opsee.schema.json'), schemaFile())
}
