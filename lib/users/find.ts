/**
 * Finds users. Indexes only suggest: each user returned was read consistently, and has what was asked
 * for at that moment.
 */
import type { App } from '../db/context.ts';
import { markerKey, userKey, type MarkerItem, type UserItem } from '../db/items.ts';
import { get, queryIndex } from '../db/table.ts';
import { givesWay } from './user.ts';

export async function findById({ table }: App, id: string): Promise<UserItem | undefined> {
  return (await get(table, userKey(id))) as UserItem | undefined;
}

/**
 * Finds the user with an email, in two round trips; in one or two more if the index lags or nobody
 * has the email.
 *
 * @param address normalised
 */
export async function findByEmail(app: App, address: string): Promise<UserItem | undefined> {
  return confirmOwner(app, address, await suggestOwner(app, address));
}

/** The id that the email index has for an address: the first half of findByEmail. */
export async function suggestOwner({ table }: App, address: string): Promise<string | undefined> {
  // At most one suggestion is right, and the marker decides better than a second suggestion.
  const [id] = await queryIndex(table, 'email', address);
  return id;
}

/** Reads the suggested user or, if that user does not have the email, the one of its marker. */
export async function confirmOwner(
  app: App,
  address: string,
  suggested: string | undefined,
): Promise<UserItem | undefined> {
  const user = suggested === undefined ? undefined : await findById(app, suggested);
  if (user?.email === address) return user;
  const marker = await findMarker(app, address);
  const owner = marker && (await findById(app, marker.user_id));
  return owner?.email === address ? owner : undefined;
}

/** Whether a user has that email, in one round trip. */
export async function isEmailTaken(app: App, address: string): Promise<boolean> {
  return (await findOwnerId(app, address)) !== undefined;
}

/** The id of the user who has an email, by its marker: undefined if it is free. */
export async function findOwnerId(app: App, address: string): Promise<string | undefined> {
  return (await findMarker(app, address))?.user_id;
}

/**
 * Finds the user of an email who gives way to who proves that the email is theirs, in two round trips.
 */
export async function findGivingWay(app: App, address: string): Promise<UserItem | undefined> {
  const user = await confirmOwner(app, address, undefined);
  return user && givesWay(user) ? user : undefined;
}

async function findMarker({ table }: App, address: string): Promise<MarkerItem | undefined> {
  return (await get(table, markerKey(address))) as MarkerItem | undefined;
}
