/** Webex counts requests per account, so several at once means few: https://developer.webex.com/docs/basics#rate-limiting */
const AT_ONCE = 5

/** Calls `each` for all items, five at a time, and returns what came of them in the order of the items. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  each: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(...(await allOf(items.slice(from, from + AT_ONCE).map(each))))
  return results
}

/** Waits for all before it fails: nothing may happen in a room after its caller has begun to undo what happened. */
async function allOf<Result>(promises: readonly Promise<Result>[]): Promise<Result[]> {
  const settled = await Promise.allSettled(promises)
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
