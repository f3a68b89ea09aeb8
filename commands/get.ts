import { query } from '../src/command/define.ts'
import { etcdKey } from '../src/command/fields.ts'
import { done, refused, verbatim } from '../src/command/text.ts'
import { code, words } from '../src/domain/wording.ts'

export default query({
  summary: 'The value of one etcd key, under the prefixes that the configuration allows.',
  notes: 'What looks like a secret is masked.',
  examples: ['get /opsee.co/services/api/host:api:8080'],
  positionals: { key: etcdKey() },
  flags: {},
  async answer({ key }, { read }) {
    const found = await read.keys.get(key)
    switch (found.kind) {
      case 'not-allowed':
        return refused(words(found.message))
      case 'none':
        return refused(`There is no key ${code(found.key)}: ${code(`ls ${found.near} --keys`)} lists what is there.`)
      case 'value':
        return done([`${code(found.key)}${found.masked ? ' (secrets masked)' : ''}`, ...verbatim(found.value)], {
          rest: 'the whole value is in etcd itself',
        })
    }
  },
})
