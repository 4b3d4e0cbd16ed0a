import {
  flag,
  keyOf,
  optional,
  readEnv,
  title,
  wholeNumber,
  type Env,
  type Variables,
} from '../core/env.ts';
import { isLocal, origins, type OriginSettings } from '../http/origin.ts';
import { LANGUAGES, type Language } from '../words/languages.ts';
import { isSafe } from './return-to.ts';

/** The settings of the pages. serverless.yml documents each. */
export interface PageSettings extends OriginSettings {
  /** Empty: the pages name no product. */
  productName: string;
  /** URLs. Empty: there is none. */
  logoUrl: string;
  homeUrl: string;
  termsUrl: string;
  privacyUrl: string;
  /** `#rrggbb`, on which white text is readable. Empty: the colour of the style. */
  brandColor: string;
  /** The language of a reader whose languages the pages do not have. */
  language: Language;
  requireVerifiedEmail: boolean;
  passwordMinLength: number;
}

const COLOR =
  'a colour such as #0b57d0, dark enough for white text on it (a contrast of 4.5 or more)';

/**
 * Reads the settings from environment variables, all of which must exist. The deployment reads them too.
 *
 * @throws Error with a line for each bad setting
 */
export function readPageSettings(variables: Variables): PageSettings {
  return readEnv(variables, (env) => ({
    productName: title(env, 'PRODUCT_NAME'),
    logoUrl: url(env, 'LOGO_URL'),
    homeUrl: url(env, 'HOME_URL'),
    termsUrl: url(env, 'TERMS_URL'),
    privacyUrl: url(env, 'PRIVACY_URL'),
    brandColor: optional(env, 'BRAND_COLOR', COLOR, isReadable),
    language: keyOf(env, 'LANGUAGE', LANGUAGES, 'en'),
    requireVerifiedEmail: flag(env, 'REQUIRE_VERIFIED_EMAIL'),
    passwordMinLength: wholeNumber(env, 'PASSWORD_MIN_LENGTH', 1, 64),
    allowedOrigins: origins(env, 'ALLOWED_ORIGINS'),
    cookieSecure: flag(env, 'COOKIE_SECURE'),
  }));
}

function url(env: Env, name: string): string {
  return optional(
    env,
    name,
    'a URL such as https://www.example.com',
    (value) => URL.canParse(value) && isSafe(new URL(value)) && hasPlainHost(new URL(value)),
  );
}

/** The logo's host is in the Content-Security-Policy, in which `;`, `,` and `*` have a meaning. */
function hasPlainHost({ hostname }: URL): boolean {
  return /^[\w.-]+$/.test(hostname) || isLocal({ hostname });
}

/** WCAG 2.2, 1.4.3. */
const MIN_CONTRAST = 4.5;

function isReadable(color: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(color) && contrastWithWhite(color) >= MIN_CONTRAST;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrastWithWhite(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
