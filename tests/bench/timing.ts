import { randomUUID } from 'node:crypto';
import { printTable, spread } from './report.ts';
import { PASSWORD, send, startService } from './service.ts';
import type { Stage } from './stage.ts';
import { compareRanks } from './statistics.ts';

const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 200);

/**
 * Tests whether the time of an answer tells who has an account (OWASP ASVS 5.0, 6.3.8), with delivery
 * `email`. bcrypt has cost 4: a higher cost would only hide differences. Each address is used once because
 * wrong passwords are counted.
 */
export async function timing(stage: Stage): Promise<void> {
  const service = await startService(stage, {});
  const routes = { login: 'POST /sessions', reset: 'POST /reset_password' };
  const rows: string[][] = [];
  for (const [name, route] of Object.entries(routes)) {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    for (let pair = -20; pair < PAIRS; pair++) {
      const emails = { known: newEmail(), unknown: newEmail() };
      await send(service.url, 'POST /users', { email: emails.known, password: PASSWORD });
      // The order is random because the second request may be faster.
      const order =
        Math.random() < 0.5 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
      for (const which of order) {
        const fields = { email: emails[which], password: 'a wrong one' };
        const { ms } = await send(service.url, route, fields);
        if (pair >= 0) times[which].push(ms);
      }
    }
    const { larger, p } = compareRanks(times.known, times.unknown);
    rows.push([
      name,
      spread(times.known, 2),
      spread(times.unknown, 2),
      larger.toFixed(3),
      p.toFixed(2),
    ]);
  }
  await service.stop();
  printTable(
    `Known and unknown emails: ${String(PAIRS)} of each, in ms`,
    ['Request', 'known', 'unknown', 'P(known is slower)', 'p (Mann–Whitney)'],
    rows,
  );
}

const newEmail = () => `${randomUUID()}@example.com`;
