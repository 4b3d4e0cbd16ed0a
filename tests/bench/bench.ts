/** `npm run bench [-- <part>...]` measures and prints tables in Markdown. README.md has some of them. */
import { load } from './load.ts';
import { memory } from './memory.ts';
import { machine, print } from './report.ts';
import { openStage, type Stage } from './stage.ts';
import { startUp } from './start-up.ts';
import { timing } from './timing.ts';
import { warmPath } from './warm-path.ts';

const PARTS: Record<string, (stage: Stage) => Promise<void>> = {
  'start-up': startUp,
  warm: warmPath,
  load,
  timing,
  memory,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  throw new Error(`Unknown: ${unknown.join(', ')}. The parts are ${Object.keys(PARTS).join(', ')}`);
}
const stage = await openStage();
try {
  print(machine(stage.node));
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length === 0 || asked.includes(name)) await part(stage);
  }
} finally {
  await stage.stop();
}
