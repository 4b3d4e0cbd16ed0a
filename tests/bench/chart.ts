import type { Summary } from './statistics.ts';

const ROW = 28;
const LEFT = 190;
const WIDTH = 720;
const TEXT = 'font-family="system-ui, sans-serif" font-size="14"';

/** Draws an SVG with a bar for each median and a line between its quartiles. */
export function barChart(title: string, bars: (Summary & { label: string })[]): string {
  const largest = Math.max(...bars.map(({ quartiles }) => quartiles[1]));
  const x = (value: number) => (LEFT + (value / largest) * (WIDTH - LEFT - 60)).toFixed(1);
  const rows = bars.map(({ label, median, quartiles: [low, high] }, row) => {
    const top = 40 + row * ROW;
    const middle = String(top + ROW / 2 - 3);
    return [
      `<text x="${String(LEFT - 8)}" y="${String(top + 16)}" text-anchor="end" ${TEXT}>${label}</text>`,
      `<path d="M${String(LEFT)} ${String(top)}H${x(median)}v22H${String(LEFT)}z" fill="#7aa6d6"/>`,
      `<path d="M${x(low)} ${middle}H${x(high)}" stroke="#24486e" stroke-width="2"/>`,
      `<text x="${x(high)}" dx="6" y="${String(top + 16)}" ${TEXT}>${median.toFixed(2)}</text>`,
    ].join('\n');
  });
  const height = String(50 + bars.length * ROW);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${height}">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="24" ${TEXT} font-weight="600">${title}</text>
${rows.join('\n')}
</svg>
`;
}
