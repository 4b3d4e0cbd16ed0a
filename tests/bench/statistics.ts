export interface Summary {
  median: number;
  /** The first and third quartile. Half of the values are between them. */
  quartiles: [number, number];
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: at(sorted, 0.5), quartiles: [at(sorted, 0.25), at(sorted, 0.75)] };
}

export function median(values: readonly number[]): number {
  return summary(values).median;
}

function at(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [below = NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
  return below + (above - below) * (place % 1);
}

export interface Comparison {
  /** The probability that a value of `a` is larger than one of `b`: 0.5 if they do not differ. */
  larger: number;
  /** The probability of a difference at least as large if both have the same distribution. */
  p: number;
}

/** Performs the Mann-Whitney U test by the normal approximation, for about 20 or more values on each side. */
export function compareRanks(a: readonly number[], b: readonly number[]): Comparison {
  const wins = a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
  const u = wins.reduce<number>((sum, win) => sum + win, 0);
  const pairs = a.length * b.length;
  const deviation = Math.sqrt((pairs * (a.length + b.length + 1)) / 12);
  const z = Math.abs(u - pairs / 2) / deviation;
  return { larger: u / pairs, p: twoTailed(z) };
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
function twoTailed(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const factors = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const series = factors.reduce((sum, factor, power) => sum + factor * t ** (power + 1), 0);
  return (2 * series * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}
