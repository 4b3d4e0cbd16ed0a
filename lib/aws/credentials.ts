/**
 * Replaces the SDK's chain of credential providers in the bundles (`alias` in serverless.yml). A
 * Lambda function has its credentials in the environment and nowhere else, and the rest of the chain
 * would double the size of its code.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
