import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** These take far longer than other files of their group. Without a memory of earlier runs they would come near the end. */
const longest =
  /\/test\/(?:journeys\/.*|adapters\/etcd\/faults|app\/two-replicas|app\/preparation|services\/queue)\.test\.ts$/

/** Starts the longest files of each group first, so that the others run beside them and not before them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    const rank = ({ moduleId }: TestSpecification): number => (longest.test(moduleId) ? 0 : 1)
    return (await super.sort(files)).toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b))
  }
}
