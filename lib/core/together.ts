/**
 * Like Promise.all, but waits until every promise has settled before it throws: no write is still
 * under way when its failure is answered.
 */
export async function together<const Promises extends readonly unknown[]>(
  promises: Promises,
): Promise<{ -readonly [Each in keyof Promises]: Awaited<Promises[Each]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
