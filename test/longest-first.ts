import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Takes far longer than any other file, and is short itself: without a memory of earlier runs it would come near the end. */
const longest = /\/test\/journeys\/journeys\.test\.ts$/

/** The journeys go on beside all the rest of their group, and not alone after it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    const rank = ({ moduleId }: TestSpecification): number => (longest.test(moduleId) ? 0 : 1)
    return (await super.sort(files)).toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b))
  }
}
