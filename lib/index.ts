/** The library: `import { Auth, DB } from 'user-authentication-service'`. See lib/README.md. */
export { Auth } from './auth.ts';
export { AuthError, type ErrorCode } from './core/errors.ts';
export { DEFAULTS, type Settings } from './core/settings.ts';
export { generateUuid } from './core/token.ts';
export { DB, type DBSettings, type UserChanges } from './db.ts';
export { hashPassword } from './passwords/hash.ts';
export type { Client } from './sessions/session.ts';
export type { User } from './users/user.ts';
