import { json, withRequestId, type Request, type Success } from '../lib/http.ts';

/** GET /: 200 `{"message":"Bienvenue"}`, always. */
export const handler = (request: Request): Promise<Success<'GET /'>> =>
  Promise.resolve(withRequestId(request, json(200, { message: 'Bienvenue' })));
