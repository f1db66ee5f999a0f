/** One line for each figure. */
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
export function report(what: string, samples: readonly number[]): void {
  const sorted = [...samples].sort((a, b) => a - b)
  const [p50, p99] = [at(sorted, 0.5), at(sorted, 0.99)].map((ms) => ms.toFixed(1))
  console.log(`${what.padEnd(52)} median ${p50} ms   p99 ${p99} ms   n=${samples.length}`)
}
