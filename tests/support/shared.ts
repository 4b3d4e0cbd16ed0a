/** Provides what the end-to-end files share. It starts at the first use: see `share.ts`. */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import type { Package, PackageOptions, Template } from './package.ts';
import { ROOT, run } from './emulator.ts';
import type { Delivery, Shared, SharedEmulator, Tarball } from './share.ts';

export type { Delivery, SharedEmulator };

/**
 * Returns the emulator that all files share. Other files use it at the same time, so register only
 * addresses from `freshEmail`.
 */
export function sharedEmulator(name: Shared): Promise<SharedEmulator> {
  return ask(`/emulator/${name}`);
}

/** Returns the URL of the DynamoDB of the shared emulators, for a table of another name. */
export async function sharedDynamoDB(): Promise<string> {
  return (await ask<{ endpoint: string }>('/dynamodb')).endpoint;
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

/** Returns the tarball that npm packs once for all files. Do not change it. */
export function sharedTarball(): Promise<Tarball> {
  return ask('/tarball');
}

/**
 * Unpacks the tarball into a project's `node_modules`.
 *
 * @param project the folder of the project
 * @returns the folder of the package
 */
export async function unpackInto(project: string): Promise<string> {
  const { path } = await sharedTarball();
  const into = join(project, 'node_modules', 'user-authentication-service');
  await mkdir(into, { recursive: true });
  const unpack = run('tar', ['-xzf', path, '-C', into, '--strip-components=1'], {});
  const { status, stderr } = await unpack.exited;
  if (status !== 0) throw new Error(stderr);
  return into;
}

/**
 * Puts the dependencies of an unpacked package beside it: a development dependency would not be found.
 *
 * @param installed the folder of the package
 */
export async function linkDependencies(installed: string): Promise<void> {
  const text = await readFile(join(installed, 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    const link = join(dirname(installed), name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
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
