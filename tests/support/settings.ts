import { vi } from 'vitest';

/** Starts the functions anew with other settings, on the same table, and returns a client for them. */
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
