/**
 * GET and POST /whoami: answers with what the authorizer tells about the user.
 *
 * @param {import('aws-lambda').APIGatewayProxyEventV2WithLambdaAuthorizer<
 *   import('../../handlers/authorize.ts').Authorized>} event
 */
export const handler = (event) => {
  const { user_id, email, email_verified, session_handle } = event.requestContext.authorizer.lambda;
  return Promise.resolve({
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id, email, email_verified, session_handle }),
  });
};
