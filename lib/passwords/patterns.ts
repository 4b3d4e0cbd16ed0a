/** Finds what is easy to guess in a password in lower case, without any list. */

/** Rows of keys of a keyboard with the layout QWERTY; the keys of a column stand below each other. */
const KEYBOARD = ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'];
/** The first row with the shift key. */
const SHIFTED = '!@#$%^&*()_+';

/** A run of fewer characters is not told from chance. */
const MIN_RUN_LENGTH = 3;

/** 8 digits that are a day of a year from 1900 to 2049, in any of the usual orders. */
const DATE =
  /^(?:(?:0[1-9]|[12]\d|3[01]){2}(?:19\d|20[0-4])\d|(?:19\d|20[0-4])\d(?:0[1-9]|[12]\d|3[01]){2})$/;

/** The letters that digits and punctuation stand for, as in `p@ssw0rd`. */
const LETTERS = new Map(
  ['@a', '4a', '3e', '1i', '!i', '0o', '$s', '5s', '7t'].map(([sign = '', letter = '']) => [
    sign,
    letter,
  ]),
);

/** A short word with more than this around it is not guessed early. */
const MAX_AROUND = 5;
const MAX_RUNS_AROUND = 3;
const MIN_WORD_LENGTH = 4;

/**
 * Whether a text consists of little but repetitions (`aaaaaaaa`, `abc!abc!`), sequences (`87654321`)
 * and straight walks over the keyboard (`qwertyuiop`, `1qaz2wsx`), one after the other or in turns
 * (`a1b2c3d4`), or is a date.
 */
export function isPattern(text: string): boolean {
  const [, block] = /^(.+?)\1+$/su.exec(text) ?? [];
  if (block !== undefined) return block.length < 8 || isPattern(block);
  const characters = Array.from(text);
  const turns = [0, 1].map((turn) => characters.filter((_, i) => i % 2 === turn).join(''));
  const parts = Math.min(runsOf(text).length, turns.flatMap(runsOf).length);
  return parts < characters.length / 2 || DATE.test(text.replace(/[-./ ]/g, ''));
}

/**
 * Cuts a text into runs, in which each character follows from the one before in the same way, and
 * single characters: `abcd!!!!x` into `abcd`, `!!!!` and `x`.
 */
export function runsOf(text: string): string[] {
  const characters = Array.from(text);
  const steps = characters.map((each, i) => stepsBetween(characters[i - 1] ?? '', each));
  const runs: string[] = [];
  for (let start = 0; start < characters.length;) {
    const lengths = (steps[start + 1] ?? []).map((step) => {
      let end = start + 1;
      while (steps[end]?.includes(step)) end++;
      return end - start;
    });
    const longest = Math.max(1, ...lengths);
    const length = longest < MIN_RUN_LENGTH ? 1 : longest;
    runs.push(characters.slice(start, start + length).join(''));
    start += length;
  }
  return runs;
}

/** The ways in which a character follows from another; there may be several. */
function stepsBetween(one: string, other: string): string[] {
  const steps: string[] = [];
  const code = (other.codePointAt(0) ?? NaN) - (one.codePointAt(0) ?? NaN);
  if (Math.abs(code) <= 1) steps.push(String(code));
  const [from, to] = [keyOf(one), keyOf(other)];
  if (from && to) {
    const [x, y] = [to.x - from.x, to.y - from.y];
    if (Math.abs(x) + Math.abs(y) === 1) steps.push(`${String(x)},${String(y)}`);
  }
  return steps;
}

function keyOf(character: string): { x: number; y: number } | undefined {
  for (const [y, row] of [...KEYBOARD, SHIFTED].entries()) {
    const x = character === '' ? -1 : row.indexOf(character);
    if (x >= 0) return { x, y: y % KEYBOARD.length };
  }
  return undefined;
}

/**
 * The words that a text consists of but for a usual beginning or ending: a few characters, or a run.
 * `welcome123!` gives `welcome`, and `p@ssw0rd` gives `password`.
 */
export function wordsIn(text: string): string[] {
  const withoutEnding = text.replace(/\P{L}+$/u, '');
  const runs = runsOf(withoutEnding);
  const withoutRun = runs.slice(0, (runs.at(-1) ?? '').length < MIN_RUN_LENGTH ? undefined : -1);
  const words = [text, withoutEnding, withoutRun.join('').replace(/\P{L}+$/u, '')].flatMap(
    (each) => [each, each.replace(/^\P{L}+/u, '')],
  );
  return words
    .filter((word) => isUsual(text.replace(word, '')))
    .flatMap((word) => [word, toLetters(word), toLetters(word.replaceAll('1', 'l'))])
    .filter((word) => word.length >= MIN_WORD_LENGTH && word !== text);
}

function isUsual(around: string): boolean {
  return around.length <= MAX_AROUND || runsOf(around).length <= MAX_RUNS_AROUND;
}

function toLetters(word: string): string {
  return Array.from(word, (each) => LETTERS.get(each) ?? each).join('');
}
