/** Forms: what they send, what they say while they wait, and what a refusal means for which field. */
import type { NoAnswer, Refusal } from '../../client/client.ts';
import { byId, data, fill, formById, inputOf, words } from './page.ts';

/** Why something was not done, or may not have been. */
export type Failure = Refusal | NoAnswer;

interface FormOptions<Name extends string, Value extends object> {
  /** Names of inputs. Those that are hidden, or not required now, may be empty. */
  fields: readonly Name[];
  /** Does without some of the fields for this button. */
  isNeeded?: (name: Name, submitter: HTMLButtonElement) => boolean;
  /** Refuses fields before they are sent. @returns the field and what is wrong with it */
  check?: (
    fields: Record<Name, string>,
    submitter: HTMLButtonElement,
  ) => [Name, string] | undefined;
  send: (
    fields: Record<Name, string>,
    submitter: HTMLButtonElement,
  ) => Promise<({ ok: true } & Value) | Failure>;
  /** Runs before the form can be used again. */
  then: (
    value: { ok: true } & Value,
    fields: Record<Name, string>,
    submitter: HTMLButtonElement,
  ) => unknown;
  /** Handles a refusal itself. @returns whether it has */
  refused?: (failure: Failure, submitter: HTMLButtonElement) => unknown;
}

/** Lets the form be used. */
export function handleForm<const Name extends string, Value extends object>(
  id: string,
  { fields, isNeeded, check, send, then, refused }: FormOptions<Name, Value>,
): void {
  const form = formById(id);
  const fieldset = form.querySelector('fieldset');
  if (fieldset) fieldset.disabled = false;
  for (const box of form.querySelectorAll<HTMLInputElement>('.show-password')) {
    box.addEventListener('change', () => {
      for (const name of fields) {
        const input = inputOf(form, name);
        if (input && name.endsWith('password')) input.type = box.checked ? 'text' : 'password';
      }
    });
  }
  form.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement) clearFieldError(target);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // A second press of the button sends nothing while the answer to the first is awaited.
    if (form.getAttribute('aria-busy') === 'true') return;
    void submit((event.submitter ?? form.querySelector('button')) as HTMLButtonElement);
  });

  async function submit(submitter: HTMLButtonElement): Promise<void> {
    clearErrors(form);
    const values = Object.fromEntries(
      fields.map((name) => [name, inputOf(form, name)?.value ?? '']),
    ) as Record<Name, string>;
    const wrong = fields.flatMap((name) => {
      const problem = (isNeeded?.(name, submitter) ?? true) && problemOf(inputOf(form, name));
      return problem ? [[name, problem] as const] : [];
    });
    const more = wrong.length === 0 && check?.(values, submitter);
    if (more) wrong.push(more);
    for (const [name, problem] of wrong) showFieldError(form, name, problem);
    const [first] = wrong;
    if (first) {
      inputOf(form, first[0])?.focus();
      return;
    }
    setBusy(form, true);
    const result = await send(values, submitter);
    if (result.ok) await then(result, values, submitter);
    setBusy(form, false);
    if (!result.ok && !(await refused?.(result, submitter))) {
      showFailure(form, fields, result, submitter);
    }
  }
}

function setBusy(form: HTMLFormElement, isBusy: boolean): void {
  form.setAttribute('aria-busy', String(isBusy));
  for (const button of form.querySelectorAll('button')) {
    button.setAttribute('aria-disabled', String(isBusy));
  }
}

/** The browser's own messages are in the language of the browser, not of the page. */
function problemOf(input: HTMLInputElement | null): string | undefined {
  if (!input || input.closest('[hidden]')) return undefined;
  if (input.type === 'checkbox') return input.checked ? undefined : words.confirm;
  if (input.value === '') return words.required;
  return input.validity.typeMismatch ? words.codes.invalid_email : undefined;
}

export function showFieldError(form: HTMLFormElement, name: string, text: string): void {
  const input = inputOf(form, name);
  const error = input && document.getElementById(`${input.id}-error`);
  if (!error) return;
  input.setAttribute('aria-invalid', 'true');
  error.textContent = text;
  error.hidden = false;
}

function clearErrors(form: HTMLFormElement): void {
  byId('status').textContent = '';
  showFormError(form, '');
  for (const input of form.querySelectorAll('input')) clearFieldError(input);
}

function clearFieldError(input: HTMLInputElement): void {
  const error = document.getElementById(`${input.id}-error`);
  if (!error) return;
  input.removeAttribute('aria-invalid');
  error.textContent = '';
  error.hidden = true;
}

/** The fields that a refusal is about, by its code. The first one that the form has is meant. */
const FIELDS: Record<string, readonly string[]> = {
  invalid_email: ['email'],
  email_taken: ['email'],
  wrong_password: ['password'],
  password_too_short: ['new_password', 'password'],
  password_too_long: ['new_password', 'password'],
  password_too_common: ['new_password', 'password'],
  password_breached: ['new_password', 'password'],
};

function showFailure(
  form: HTMLFormElement,
  fields: readonly string[],
  failure: Failure,
  submitter: HTMLElement,
): void {
  const text = explain(failure);
  // The message of a field that is missing or malformed begins with its name.
  const named = [failure.message.split(' ')[0] ?? ''];
  const code = codeOf(failure);
  const about = code === 'invalid_field' ? named : (FIELDS[code] ?? []);
  const field = about.find((name) => fields.includes(name));
  if (field === undefined) {
    showFormError(form, text);
    submitter.focus();
  } else {
    showFieldError(form, field, text);
    inputOf(form, field)?.focus();
  }
}

function showFormError(form: HTMLFormElement, text: string): void {
  const alert = form.querySelector('[role=alert]');
  if (alert) alert.textContent = text;
}

/** The curriculum's contract has no code for one refusal. */
export function codeOf(failure: Failure): string {
  if (failure.status === null) return '';
  return failure.code ?? (failure.status === 400 ? 'email_taken' : '');
}

/** Whether it was done nevertheless, perhaps. */
export function isUnsure({ status }: Failure): boolean {
  return status === null || status >= 500;
}

/** All waits end within an hour, but one: that of a user whose password was guessed too often. */
const LONGEST_WAIT_SECONDS = 24 * 60 * 60;

/** Says in the language of the page why something failed. */
export function explain(failure: Failure): string {
  const { status, message } = failure;
  if (status === null) return words.noAnswer;
  if (status === 429) {
    const { retryAfterSeconds } = failure;
    if (failure.code === undefined || retryAfterSeconds === undefined) return words.tooManyRequests;
    if (retryAfterSeconds > LONGEST_WAIT_SECONDS) return words.locked;
    return fill(words.tooManyAttempts, { wait: duration(retryAfterSeconds) });
  }
  if (status >= 500) return words.unavailable;
  const code = codeOf(failure);
  const texts: Record<string, string | undefined> = words.codes;
  const text =
    code === 'wrong_credentials' && data.requireVerifiedEmail
      ? words.codes.wrong_credentials_or_not_verified
      : texts[code];
  return fill(text ?? message, { count: String(data.minLength) });
}

function duration(seconds: number): string {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat(data.language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    value,
  );
}
