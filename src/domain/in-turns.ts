/** Asks for each, `atOnce` of them side by side; the answers are in the order of the items. Rejects with the first failure. */
export async function inTurns<A, B>(
  items: readonly A[],
  atOnce: number,
  ask: (item: A) => Promise<B>,
): Promise<readonly B[]> {
  const answers: B[] = []
  for (let from = 0; from < items.length; from += atOnce) {
    answers.push(...(await Promise.all(items.slice(from, from + atOnce).map(ask))))
  }
  return answers
}
