/** The READMEs: their form, their links, and their tables against the contract and the settings. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { check as isFormatted } from 'prettier';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { API } from '../../lib/api/contract.ts';
import type { Operation } from '../../lib/api/contract.ts';
import { ROOT } from '../support/emulator.ts';
import { blocks, readReadme, READMES, table } from '../support/readme.ts';

const FIRST = 'README.md';
const MAX_BYTES = 15_000;

const OPERATIONS = Object.entries<Operation>(API);

/** The text of a README without its blocks of code. */
function proseOf(path: string): string {
  return readReadme(path).replaceAll(/^ *```.*?^ *```$/gms, '');
}

/** As GitHub makes them from headings. */
function anchorsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a README to files of the project, with their anchors. */
function linksOf(path: string): { file: string; anchor: string | undefined }[] {
  return [...proseOf(path).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => {
    const [target = '', anchor] = link.split('#');
    const file = target === '' ? path : posix.join(posix.dirname(path), target);
    return { file, anchor };
  });
}

/** What a cell has between backticks. */
function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

describe('the first README', () => {
  it(`has at most ${String(MAX_BYTES)} bytes`, () => {
    expect(Buffer.byteLength(readReadme(FIRST))).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('leads to every other README', () => {
    const reached = new Set([FIRST]);
    // Grows while it is walked through.
    for (const path of reached) {
      for (const { file } of linksOf(path)) if (READMES.includes(file)) reached.add(file);
    }
    expect([...reached].sort()).toEqual([...READMES].sort());
    expect(READMES.length).toBeGreaterThan(5);
  });

  it('names every folder of lib/ and the project', () => {
    const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `lib/${name}/`);
    const named = table(FIRST, 'Folder | Contents').flatMap(([folder]) => codeIn(folder));
    expect(named).toEqual(expect.arrayContaining([...folders, 'handlers/', 'lib/', 'tests/']));
  });
});

describe.each(READMES)('%s', (path) => {
  it('says in its title for whom it is', () => {
    const [title = ''] = readReadme(path).split('\n');
    expect(title).toMatch(path === FIRST ? /^# \w/ : /^# .+, for (those who|operators)/);
  });

  it('links only to files and headings that exist', () => {
    const broken = linksOf(path).filter(({ file, anchor }) => {
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only files that exist', () => {
    const named = [...readReadme(path).matchAll(/`((?:handlers|lib|tests)\/[\w./-]+)`/g)];
    const missing = named
      .map(([, file = '']) => file)
      .filter((file) => !existsSync(join(ROOT, file)));
    expect(missing).toEqual([]);
  });

  it('pads no cell of a table', () => {
    const rows = proseOf(path)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    for (const row of rows) {
      const cells = row.split('|').slice(1, -1);
      const isRule = cells.every((cell) => cell === '---');
      const isTight = cells.every(
        (cell) => /^(?: | \S(?:.*\S)? )$/.test(cell) && !/ {2}/.test(cell),
      );
      expect(isRule || isTight, row).toBe(true);
    }
  });

  it('has formatted code', async () => {
    const parsers: Record<string, string> = { js: 'babel', json: 'json', yaml: 'yaml' };
    for (const { language, text } of blocks([path])) {
      const parser = parsers[language];
      if (parser === undefined) continue;
      const options = { parser, printWidth: 100, singleQuote: true };
      expect(await isFormatted(text, options), text).toBe(true);
    }
  });

  it('has no line that is too long to read, but for tables and code', () => {
    for (const line of proseOf(path).split('\n')) {
      if (!line.startsWith('|') && !line.includes('](')) {
        expect(line.length, line).toBeLessThanOrEqual(120);
      }
    }
  });
});

describe('together, the READMEs', () => {
  it('link to enough files, and name enough, for these checks to mean something', () => {
    const links = READMES.flatMap(linksOf);
    const named = READMES.flatMap((path) =>
      codeIn(proseOf(path)).filter((code) => /^(?:handlers|lib|tests)\//.test(code)),
    );
    expect(links.length).toBeGreaterThan(60);
    expect(named.length).toBeGreaterThan(20);
  });
});

/** The refusals that handlers/README.md describes for many routes at once. */
const COMMON: Operation['refusals'] = {
  ...API['DELETE /profile'].refusals,
  403: API['POST /users'].refusals[403],
  429: API['GET /'].refusals[429],
};

/**
 * As the tables of routes have it: the cookie, then the fields. The cookie replaces an optional one,
 * unless the field has one value only.
 */
function takes({ session, fields = {} }: Operation): string {
  const named = Object.entries(fields).map(([name, { optional, const: only }]) => {
    const lead = only === undefined ? 'cookie or ' : 'optional ';
    return `${optional ? lead : ''}\`${name}\``;
  });
  return [...(session ? ['cookie'] : []), ...named].join(', ');
}

describe('the routes in README.md', () => {
  it('are those of the contract, with what each takes', () => {
    const rows = table(FIRST, 'Route | Takes').map(([route, takes]) => [route, takes]);
    const contract = OPERATIONS.map(([route, operation]) => [`\`${route}\``, takes(operation)]);
    expect(rows.sort()).toEqual(contract.sort());
  });
});

describe('the routes in handlers/README.md', () => {
  const rows = new Map(
    table('handlers/README.md', 'Route | Takes').map(([route = '', ...cells]) => [route, cells]),
  );

  it('are those of the contract', () => {
    expect([...rows.keys()].sort()).toEqual(OPERATIONS.map(([route]) => `\`${route}\``).sort());
  });

  it.each(OPERATIONS)('have what the contract has of %s', (route, operation) => {
    const [fields, success = '', refusals = ''] = rows.get(`\`${route}\``) ?? [];
    expect(fields).toBe(takes(operation));

    const statuses = [...success.matchAll(/\b([1-5]\d\d)\b/g)].map(([, status]) => Number(status));
    expect(new Set(statuses)).toEqual(new Set([operation.success.status]));
    const setsCookie = operation.success.headers?.['set-cookie'];
    expect(success.includes('cookie')).toBe(setsCookie !== undefined);
    const described = codeIn(success).filter((code) => code.startsWith('{'));
    expect(described).toEqual(bodiesOf(operation));

    const own = Object.entries(operation.refusals)
      .filter(([status, when]) => COMMON[Number(status)] !== when)
      .map(([status]) => status);
    expect([...refusals.matchAll(/\b(\d{3}): /g)].map(([, status]) => status)).toEqual(own);
  });

  it('have the common refusals apart', () => {
    const described = table('handlers/README.md', 'Status | Routes').map(([status]) => status);
    expect(described.sort()).toEqual([...Object.keys(COMMON), '404'].sort());
  });
});

/** The bodies of a success, as handlers/README.md has them: names, and values that never change. */
function bodiesOf({ success: { body } }: Operation): string[] {
  if (!body) return [];
  return ('oneOf' in body ? body.oneOf : [body]).map((schema) => {
    if (!('properties' in schema)) throw new Error('A body is an object');
    const fields = Object.entries(schema.properties).map(([name, value]) => {
      if ('const' in value && !('oneOf' in body)) return `"${name}":"${value.const}"`;
      return 'items' in value ? `"${name}":[...]` : `"${name}"`;
    });
    return `{${fields.join(',')}}`;
  });
}

describe('the methods in lib/client/README.md', () => {
  it('are those of the contract', () => {
    const [, list = ''] =
      /\*\*Methods:\*\* (.*?)\n\n/s.exec(readReadme('lib/client/README.md')) ?? [];
    expect(codeIn(list).sort()).toEqual(
      OPERATIONS.map(([, { operationId }]) => operationId).sort(),
    );
  });
});

describe('the settings in lib/deploy/README.md', () => {
  const text = readFileSync(join(ROOT, 'serverless.yml'), 'utf8');
  const { params } = parse(text, { merge: true }) as {
    params: Record<'default' | 'local' | 'prod', Record<string, string | number | boolean>>;
  };
  const rows = table('lib/deploy/README.md', 'Param | Meaning');

  it('are the params of serverless.yml', () => {
    const named = rows.flatMap(([name]) => codeIn(name));
    expect(named.sort()).toEqual(Object.keys(params.default).sort());
  });

  it.each(rows)('have the defaults of %s', (param, _meaning, local = '', deployed = '') => {
    const [name = ''] = codeIn(param);
    const [everywhere, prod] = deployed.split(', `prod`: ');
    expect(valueOf(everywhere)).toEqual(params.default[name]);
    if (prod !== undefined) expect(valueOf(prod)).toEqual(params.prod[name]);
    if (local === 'made up') expect(params.local[name]).toBeTruthy();
    else if (local === '–') expect(params.local).not.toHaveProperty(name);
    else expect(valueOf(local)).toEqual(params.local[name] ?? params.default[name]);
  });

  /** What a cell means as a param. */
  function valueOf(cell = ''): unknown {
    const [, count, unit] = /^(\d+) (hour|day)s?$/.exec(cell) ?? [];
    if (unit !== undefined) return Number(count) * (unit === 'hour' ? 3600 : 86_400);
    if (cell.startsWith('none')) return '';
    const [code] = codeIn(cell);
    return code ?? (parse(cell) as unknown);
  }

  it('that must be set are without a value, and the READMEs set them alike', () => {
    const settings = ['README.md', 'lib/deploy/README.md'].map((path) => {
      const [block] = blocks([path]).filter(({ text }) => text.startsWith('prod:'));
      const { prod } = parse(block?.text ?? '') as { prod: Record<string, unknown> };
      return prod;
    });
    const [first = {}, guide] = settings;
    expect(first).toEqual(guide);
    expect(Object.keys(params.default)).toEqual(expect.arrayContaining(Object.keys(first)));
    const required = rows.filter(([, , , deployed]) => deployed === 'none: set it');
    const names = required.flatMap(([name]) => codeIn(name));
    expect(names).toEqual(['mailFrom']);
    expect(Object.keys(first)).toEqual(expect.arrayContaining(names));
    expect(first).toMatchObject(params.prod);
  });
});

describe('the alarms in lib/deploy/README.md', () => {
  it('are those that are deployed', () => {
    const deploy = join(ROOT, 'lib', 'deploy');
    const files = [
      join(ROOT, 'serverless.yml'),
      ...readdirSync(deploy)
        .filter((name) => name !== 'README.md')
        .map((name) => join(deploy, name)),
    ];
    const sources = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const alarms = new Set([...sources.matchAll(/\b(\w+Alarm)\b/g)].map(([, name]) => name));
    const described = table('lib/deploy/README.md', 'Alarm | What happened');
    expect(described.flatMap(([name]) => codeIn(name)).sort()).toEqual([...alarms].sort());
  });
});

describe('the variables in lib/emulator/README.md', () => {
  it('are read by the emulator', () => {
    const folder = join(ROOT, 'lib', 'emulator');
    const sources = readdirSync(folder)
      .filter((name) => name.endsWith('.mjs'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    const named = table('lib/emulator/README.md', 'Variable | Effect').flatMap(([name]) =>
      codeIn(name),
    );
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(sources, name).toContain(name);
  });
});
