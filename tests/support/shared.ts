/** Provides what the end-to-end files share. It starts at the first use: see `share.ts`. */
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Package, PackageOptions, Template } from './package.ts';
import type { Delivery, SharedEmulator } from './share.ts';

export type { Delivery, SharedEmulator };

/**
 * Returns the emulator that all files share. Other files use it at the same time, so register only
 * addresses from `freshEmail`.
 */
export function sharedEmulator(delivery: Delivery): Promise<SharedEmulator> {
  return ask(`/emulator/${delivery}`);
}

/**
 * Returns a package that is made once for all files. Do not change it.
 *
 * @throws Error with everything that was printed
 */
export async function sharedPackage({
  stage = 'prod',
  params = [],
  code = true,
}: PackageOptions = {}): Promise<Package> {
  const options = JSON.stringify({ stage, params, code });
  const made = await ask<Omit<Package, 'template'>>(
    `/package?${String(new URLSearchParams({ options }))}`,
  );
  return { ...made, template: JSON.parse(await readFile(made.templatePath, 'utf8')) as Template };
}

/**
 * Returns an address that nobody else uses.
 *
 * @param name the purpose of the address, with which it begins
 */
export function freshEmail(name = 'user'): string {
  return `${name}-${randomUUID()}@example.com`;
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(new URL(path, inject('share')));
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}
