import { json, type Answer } from '../lib/http.ts';

/** GET /: 200 `{"message":"Bienvenue"}`, always. */
export const handler = (): Promise<Answer> => Promise.resolve(json(200, { message: 'Bienvenue' }));
