import native from 'bcrypt';
import bcryptjs from 'bcryptjs';
import { randomUUID } from 'node:crypto';
import { startEmulator } from '../support/emulator.ts';
import { printTable, spread } from './report.ts';
import { PASSWORD, send, startService, type Timed } from './service.ts';
import type { Stage } from './stage.ts';
import { median } from './statistics.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
/** Not measured: the emulator starts its threads, one for each simultaneous request. */
const WARM_UP_SECONDS = 2;
/** The deployed cost is two higher and takes four times as long. A login is nearly all bcrypt. */
const COST = 10;

interface Client {
  email: string;
  cookie: string;
}

type Work = (url: string, client: Client) => Promise<Timed>;

const getIndex: Work = (url) => send(url, 'GET /');
const WORK: Record<string, Work> = {
  'GET /': getIndex,
  profile: (url, { cookie }) => send(url, 'GET /profile', undefined, cookie),
  login: (url, { email }) => send(url, 'POST /sessions', { email, password: PASSWORD }),
  registration: (url) =>
    send(url, 'POST /users', { email: `${randomUUID()}@example.com`, password: PASSWORD }),
};

/** Measures with 1 and with 8 clients. Each is its own user and sends one request at a time. */
export async function load(stage: Stage): Promise<void> {
  const service = await startService(stage, { BCRYPT_COST: String(COST) });
  const args = [`--param=bcryptCost=${String(COST)}`];
  const [emulator, inProcess] = await Promise.all([
    startEmulator({ args }),
    startEmulator({ args: [...args, '--useInProcess'] }),
  ]);
  const rows: string[][] = [];
  for (const count of [1, 8]) {
    const plain = await loadOf(service.plain, getIndex, new Array<Client>(count).fill(NOBODY));
    rows.push(row('plain node:http', count, 'GET /', plain, plain));
    for (const [name, url] of [
      ['adapter', service.url],
      ['emulator', emulator.url],
      ['emulator, --useInProcess', inProcess.url],
    ] as const) {
      const clients = await Promise.all(Array.from({ length: count }, () => newClient(url)));
      for (const [work, make] of Object.entries(WORK)) {
        rows.push(row(name, count, work, await loadOf(url, make, clients), plain));
      }
    }
  }
  await Promise.all([emulator.stop(), inProcess.stop()]);
  await service.stop();
  printTable(
    `Load: ${String(SECONDS)} s each, bcrypt at cost ${String(COST)}`,
    ['Server', 'Clients', 'Requests', 'per s', 'ms', '× plain'],
    rows,
  );
  await rival();
}

const NOBODY: Client = { email: '', cookie: '' };

async function newClient(url: string): Promise<Client> {
  const email = `${randomUUID()}@example.com`;
  await send(url, 'POST /users', { email, password: PASSWORD });
  return {
    email,
    cookie: (await send(url, 'POST /sessions', { email, password: PASSWORD })).cookie,
  };
}

async function loadOf(url: string, work: Work, clients: Client[]): Promise<number[]> {
  const times: number[] = [];
  const begin = performance.now() + WARM_UP_SECONDS * 1000;
  const end = begin + SECONDS * 1000;
  await Promise.all(
    clients.map(async (client) => {
      do {
        const { ms, status } = await work(url, client);
        if (status !== 200) throw new Error(`${url} answers ${String(status)}`);
        if (performance.now() > begin) times.push(ms);
      } while (performance.now() < end);
    }),
  );
  return times;
}

function row(server: string, clients: number, work: string, times: number[], plain: number[]) {
  const rate = (times.length / SECONDS).toFixed(0);
  const ratio = (median(times) / median(plain)).toFixed(1);
  return [server, String(clients), work, rate, spread(times), ratio];
}

/** Compares bcryptjs with bcrypt in C++, which needs its own binary for each platform. */
async function rival(): Promise<void> {
  const hashed = await bcryptjs.hash(PASSWORD, COST);
  const times: Record<string, number[]> = { bcryptjs: [], bcrypt: [] };
  for (let round = 0; round < 15; round++) {
    for (const [name, { compare }] of Object.entries({ bcryptjs, bcrypt: native } as const)) {
      const start = performance.now();
      await compare(PASSWORD, hashed);
      times[name]?.push(performance.now() - start);
    }
  }
  const most = median(times['bcryptjs'] ?? []);
  printTable(
    `bcrypt at cost ${String(COST)}`,
    ['Package', 'ms', '× bcryptjs'],
    Object.entries(times).map(([name, each]) => [
      name,
      spread(each),
      spread(
        each.map((ms) => ms / most),
        2,
      ),
    ]),
  );
}
