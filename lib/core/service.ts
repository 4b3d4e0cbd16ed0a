/** The name of the service in serverless.yml: stacks, tables and log lines carry it. */
export const SERVICE = 'user-authentication';
