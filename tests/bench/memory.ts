import { printTable, spread } from './report.ts';
import { functions, REQUESTS, type Stage } from './stage.ts';
import { median } from './statistics.ts';

const ROUNDS = 7;
const DEPLOYED_COST = 12;
/**
 * The memory with which Lambda gives one full vCPU.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const FULL_VCPU_MB = 1769;

interface Usage {
  cpu: number;
  mb: number;
}

/**
 * Measures the CPU time of a start with its first request, at the deployed cost of bcrypt. Derives the
 * time with each memory size.
 */
export async function memory({ measure, bundle, hashAt }: Stage): Promise<void> {
  const rows: string[][] = [];
  await hashAt(DEPLOYED_COST);
  for (const [name, { memorySize }] of Object.entries(functions)) {
    if (!(name in REQUESTS)) continue;
    const used: Usage[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const env = { BCRYPT_COST: String(DEPLOYED_COST) };
      used.push((await measure('first-answer.mjs', [bundle(name), REQUESTS[name]], env)) as Usage);
    }
    const cpu = used.map((each) => each.cpu);
    const at = (mb: number) => (median(cpu) / Math.min(1, mb / FULL_VCPU_MB)).toFixed(0);
    rows.push([
      name,
      spread(cpu, 0),
      spread(
        used.map(({ mb }) => mb),
        0,
      ),
      ...[256, 512, FULL_VCPU_MB].map(at),
      String(memorySize),
    ]);
  }
  printTable(
    'Memory: CPU time of a start with its first request, bcrypt at cost 12',
    ['Function', 'CPU ms', 'MB used', 'ms at 256 MB', 'at 512', 'at 1769', 'memorySize'],
    rows,
  );
}
