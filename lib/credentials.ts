/**
 * Stands in the bundles for the SDK's chain of credential providers (see `alias` in
 * serverless.yml): a Lambda function has its credentials in the environment and nowhere else, and
 * the rest of the chain would double the size of its code.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
