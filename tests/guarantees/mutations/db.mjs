/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/aws/limits.ts': [
    {
      guard: 'a call that gets no answer ends in time',
      text: 'throwOnRequestTimeout: true',
      without: 'throwOnRequestTimeout: false',
      test: 'tests/guarantees/faults.test.ts',
      title: 'the authorizer of other APIs',
    },
  ],
  'lib/db/table.ts': [
    {
      guard: 'a read by key is consistent',
      text: 'Key: key, ConsistentRead: true }',
      without: 'Key: key, ConsistentRead: false }',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'costs two round trips and one bcrypt',
    },
    {
      guard: 'a batch read is consistent',
      text: 'Keys: pending, ConsistentRead: true }',
      without: 'Keys: pending, ConsistentRead: false }',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'GET /profile',
    },
    {
      guard: 'a read of all items of a user is consistent',
      text: 'consistent = true,',
      without: 'consistent = false,',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'cost two round trips to list',
    },
    {
      guard: 'a batch read asks again for unprocessed keys',
      text: 'pending = UnprocessedKeys?.[name]?.Keys ?? [];',
      without: 'pending = [];',
      test: 'tests/guarantees/faults.test.ts',
      title: 'the authorizer of other APIs',
    },
    {
      guard: 'a call that conflicts with another is tried again',
      text: 'const conflict = isConflict(error);',
      without: 'const conflict = isConflict(error) && tries < 0;',
      test: 'tests/guarantees/faults.test.ts',
      title: 'POST /users',
    },
    {
      guard: 'an outage of DynamoDB is reported as unavailable',
      text: 'else if (conflict || isOutage(error)) throw unavailable(error);',
      without: 'else if (conflict) throw unavailable(error);',
      test: 'tests/guarantees/faults.test.ts',
      title: 'GET /profile',
    },
  ],
  'lib/db/expression.ts': [
    {
      guard: 'an update never creates an item',
      text: 'expression.exists(),',
      without: "'attribute_not_exists(nothing)',",
      test: 'tests/guarantees/races.test.ts',
      title: 'does not restore the session',
    },
  ],
  'lib/db.ts': [
    {
      guard: 'findUserBy matches the id that is given',
      text: '(id === undefined || id === user.id) &&',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'findUserBy matches the email that is given',
      text: '(address === undefined || address === user.email) &&',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'findUserBy matches the hash that is given',
      text: ' &&\n      (hashed_password === undefined || hashed_password === user.hashed_password);',
      without: ';',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'findUserBy matches a session id and a reset token of one user only',
      text: 'isSame &&',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'updateUser refuses a session id or reset token that names another user',
      text: '(tokenOwner(value) ?? id) !== id',
      without: "tokenOwner(value) === 'nobody'",
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'updateUser changes an email only if it still is the one that was read',
      text: '...(movesEmail && { email: user.email }),',
      test: 'tests/guarantees/races.test.ts',
      title: 'leave a user with one address',
    },
    {
      guard: 'updateUser refuses an email that another user has',
      text: '...(movesEmail && moveMarkerWrites(user, email)),',
      without: `...(movesEmail && moveMarkerWrites(user, email)),
    ...(movesEmail && { newMarker: { put: moveMarkerWrites(user, email).newMarker.put } }),`,
      test: 'tests/guarantees/races.test.ts',
      title: 'give an address to only one of two users',
    },
    {
      guard: 'updateUser moves the epoch only from the one that was read',
      text: '...(movesEpoch && { session_epoch: user.session_epoch }),',
      test: 'tests/guarantees/races.test.ts',
      title: 'ends a session that was created with the other new password',
    },
    {
      guard: 'updateUser leaves a new email unverified',
      text: "...(movesEmail ? ['email_verified_at', 'email_verified_by'] : []),",
      test: 'tests/lib/db.test.ts',
    },
  ],
};
