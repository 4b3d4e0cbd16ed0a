import { vi } from 'vitest';

/** A client of functions that start afresh with these settings changed, on the same table. */
export async function clientWith(
  settings: Record<string, string>,
): Promise<typeof import('./client.ts')> {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  vi.resetModules();
  try {
    const client = await import('./client.ts');
    await client.warmUp();
    return client;
  } finally {
    vi.unstubAllEnvs();
  }
}
