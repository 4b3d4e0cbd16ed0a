import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The class of serverless-offline that makes the events of an HTTP API. */
const EVENTS = 'events/http/lambda-events/LambdaProxyIntegrationEventV2.js';

/** Gives each request an id of its own: serverless-offline has one for all, and no setting for it. */
export async function numberRequests() {
  const main = pathToFileURL(createRequire(import.meta.url).resolve('serverless-offline'));
  /** @type {unknown} */
  const module = await import(new URL(EVENTS, main).href);
  const { default: Events } =
    /** @type {{ default: { prototype: { create: () => { requestContext: object } } } }} */ (
      module
    );
  const { prototype } = Events;
  const { create } = prototype;
  prototype.create = function () {
    const event = create.call(this);
    Object.assign(event.requestContext, { requestId: randomUUID() });
    return event;
  };
}
