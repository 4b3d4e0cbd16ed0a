/**
 * The only wiring, once per function: config, then DB, then Auth. Whoever imports it starts on the
 * settings of the environment, or not at all.
 */
import { Auth } from './auth.ts';
import { readConfig } from './config.ts';
import { DB } from './db.ts';

export const config = readConfig(process.env);

export const auth = new Auth(new DB(config), config);
