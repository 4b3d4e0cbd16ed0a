import { json, withRequestId, type Answer, type Request } from '../lib/http.ts';

/** GET /: 200 `{"message":"Bienvenue"}`, always. */
export const handler = (request: Request): Promise<Answer> =>
  Promise.resolve(withRequestId(request, json(200, { message: 'Bienvenue' })));
