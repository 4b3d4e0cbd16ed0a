import { json, type Success } from '../lib/http/answer.ts';
import { withRequestId, type Request } from '../lib/http/endpoint.ts';

/** GET /: 200 `{"message":"Bienvenue"}`, always. */
export const handler = (request: Request): Promise<Success<'GET /'>> =>
  Promise.resolve(withRequestId(request, json(200, { message: 'Bienvenue' })));
