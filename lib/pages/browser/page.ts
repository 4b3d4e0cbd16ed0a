/** What the scripts of all pages share. */
import { createClient } from '../../client/client.ts';
import type { ScriptData } from './data.ts';

export const data = JSON.parse(byId('data').textContent) as ScriptData;
export const { words } = data;

/** Requests tell the language of the page, in which the user then gets mails. */
export const client = createClient({
  url: '',
  fetch: (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('accept-language', data.language);
    return fetch(url, { ...init, headers });
  },
});

/** Has tokens mailed, also where answers could contain them. */
export const BY_MAIL = { delivery: 'email' } as const;

/** Finds an element that is in the HTML of the page. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`There is no #${id}`);
  return element;
}

export function formById(id: string): HTMLFormElement {
  return byId(id) as HTMLFormElement;
}

/** The input of a form that has this name. */
export function inputOf(form: HTMLFormElement, name: string): HTMLInputElement | null {
  return form.querySelector<HTMLInputElement>(`[name="${name}"]`);
}

export function show(id: string, isShown = true): void {
  byId(id).hidden = !isShown;
}

/**
 * Puts values in the places of a text that have their names in braces. In text from right to left, marks keep
 * a value, such as an address, in its own order.
 */
export function fill(text: string, values: Record<string, string>): string {
  const [before, after] = document.dir === 'rtl' ? ['\u2068', '\u2069'] : ['', ''];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => `${before}${values[name] ?? ''}${after}`);
}

/** Shows a message and moves the focus to it, as the element that had the focus may be hidden by now. */
export function tell(text: string): void {
  const status = byId('status');
  status.textContent = text;
  status.focus();
}

/** What another page has put into the fragment of the address: no server is sent that. */
export const fragment = new URLSearchParams(location.hash.slice(1));

/** Removes tokens from the address and thereby from the history. */
export function forgetFragment(): void {
  history.replaceState(null, '', location.pathname + location.search);
}

/** Goes to another page. The form that asked for it stays busy. */
export function goTo(url: string, told: Record<string, string> = {}): Promise<never> {
  const parameters = new URLSearchParams(told).toString();
  location.assign(url + (parameters && `#${parameters}`));
  return new Promise(() => undefined);
}
