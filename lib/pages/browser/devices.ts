import type { Success } from '../../client/client.ts';
import { data, fill, words } from './page.ts';

export type Session = Success<'GET /sessions'>['sessions'][number];

/** The most common browsers. The ones above say that they are the ones below, too. */
const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const;

const SYSTEMS = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

/** Names the device of a session, such as `Firefox, Windows`; other clients as they name themselves. */
export function deviceOf({ user_agent }: Session): string {
  if (user_agent === null) return words.unknownDevice;
  const browser = BROWSERS.find(([pattern]) => pattern.test(user_agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(user_agent))?.[1];
  if (browser === undefined || system === undefined) return user_agent;
  return fill(words.device, { browser, system });
}

/** When the session was used last, which is known to the hour, and from where. */
export function detailsOf({ current, last_seen_at, ip }: Session): string {
  const format = new Intl.DateTimeFormat(data.language, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const used = current
    ? words.thisDevice
    : fill(words.lastUsed, { time: format.format(new Date(last_seen_at)) });
  return ip === null ? used : `${used} · ${ip}`;
}
