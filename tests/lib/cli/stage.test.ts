import { describe, expect, it } from 'vitest';
import { createClient, findOperator, findTableName } from '../../../lib/cli/stage.ts';

describe('--stage local', () => {
  const place = { stage: 'local', env: {} };

  it('finds the DynamoDB and the table of npm start by itself', async () => {
    const { endpoint, region, credentials } = createClient(place).config;
    expect(await endpoint?.()).toMatchObject({ hostname: '127.0.0.1', port: 8000 });
    expect(await region()).toBe('us-east-1');
    expect(await credentials()).toMatchObject({ accessKeyId: 'local' });
    expect(await findTableName(place)).toBe('user-authentication-local');
    expect(await findOperator(place)).not.toContain('arn:');
  });

  it('uses another DynamoDB if the environment names one', async () => {
    const env = { AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8001' };
    const { endpoint } = createClient({ ...place, env }).config;
    expect(await endpoint?.()).toMatchObject({ hostname: 'localhost', port: 8001 });
  });

  it('is the only stage that is on this machine', async () => {
    const { endpoint } = createClient({ stage: 'prod', region: 'eu-west-1', env: {} }).config;
    expect(await endpoint?.()).not.toMatchObject({ port: 8000 });
  });
});
