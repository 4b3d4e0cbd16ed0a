/**
 * Defines the pages that mails link to: those of the settings or, by default, those of the service
 * itself, at the address that API Gateway gives it. In the emulator, plugin.mjs has that address.
 *
 * serverless.yml loads this file by `${file(...)}`. osls cannot load ES modules that way.
 */

/**
 * A page of the service itself. The API does not depend on the functions, so that the reference makes
 * no circle of resources.
 *
 * @param {string} page the end of its path
 */
function ownPage(page) {
  const host = [
    { Ref: 'HttpApi' },
    'execute-api',
    { Ref: 'AWS::Region' },
    { Ref: 'AWS::URLSuffix' },
  ];
  return { 'Fn::Join': ['', ['https://', { 'Fn::Join': ['.', host] }, `/account/${page}`]] };
}

/** @param {{ resolveVariable: (variable: string) => Promise<unknown> }} osls */
module.exports = async ({ resolveVariable }) => {
  const reset = await resolveVariable('param:passwordResetPage');
  const verification = await resolveVariable('param:emailVerificationPage');
  return {
    passwordResetPage: reset === '' ? ownPage('reset') : reset,
    emailVerificationPage: verification === '' ? ownPage('verify') : verification,
  };
};
