/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/users/address.ts': [
    {
      guard: 'an email that is no address counts as an unknown one',
      text: '?? `no-address#${digest(email.toLowerCase())}`',
      without: '?? normalizeEmail(email)',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'an email that is no address',
    },
    {
      guard: 'an email that is no address has a short stand-in, which a key can hold',
      text: '#${digest(email.toLowerCase())}`',
      without: '#${email.toLowerCase()}`',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'an email that is no address',
    },
  ],
  'lib/users/find.ts': [
    {
      guard: 'the email index only suggests: the user has to have that email',
      text: 'if (user?.email === address) return user;',
      without: 'if (user) return user;',
      test: 'tests/guarantees/index-lag.test.ts',
    },
    {
      guard: 'an email that the index does not have is looked up by its marker',
      text: 'const marker = await findMarker(app, address);',
      without:
        'const marker = suggested?.length === 0 ? await findMarker(app, address) : undefined;',
      test: 'tests/guarantees/index-lag.test.ts',
    },
  ],
  'lib/users/store.ts': [
    {
      guard: 'a kept id revives no session of a deleted user',
      text: 'const session_epoch = id === undefined ? 0 : now;',
      without: 'const session_epoch = 0;',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'gives a kept id no session',
    },
    {
      guard: 'a new user overwrites no other',
      text: '{ put: { ...item, ...userKey(user.id) }, condition: { absent: true } },',
      without: '{ put: { ...item, ...userKey(user.id) } },',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'an email is registered once',
      text: '{ put: newMarker(address, user.id), condition: { absent: true } },',
      without: '{ put: newMarker(address, user.id) },',
      test: 'tests/guarantees/races.test.ts',
      title: 'simultaneous registrations of one email',
    },
    {
      guard: 'a registration recognises its own write if the answer was lost',
      text: "if (marker.found?.['user_id'] !== user.id) throw emailTaken(email);",
      without: 'throw emailTaken(email);',
      test: 'tests/guarantees/faults.test.ts',
      title: 'is recognised by its marker',
    },
    {
      guard: 'a hash is upgraded only if it still is the one that was verified',
      text: 'condition: { equal: { hashed_password } },',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a hash of another system',
    },
    {
      guard: 'a user is deleted together with the right email',
      text: `condition: { equal: { ...equal, email }, ...others } },
    marker: { delete: markerKey(email), condition: { equal: { user_id: id } } },`,
      without: `condition: { equal: { ...equal }, ...others } },
    marker: { delete: markerKey(email) },`,
      test: 'tests/guarantees/races.test.ts',
      title: 'deletes an account whose email changes during the deletion',
    },
    {
      guard: 'a user is replaced only without a verified email, and not while disabled',
      text: 'condition: { equal: { email: address }, ...GIVES_WAY },',
      without: 'condition: { equal: { email: address } },',
      test: 'tests/lib/emails/verify.test.ts',
      title: 'replaces no user who has verified',
    },
    {
      guard: 'an email changes only to one that nobody has',
      text: '? { equal: { user_id: other.id } } : { absent: true },',
      without: '? { equal: { user_id: other.id } } : undefined,',
      test: 'tests/guarantees/races.test.ts',
      title: 'give an address to only one of two users',
    },
  ],
};
