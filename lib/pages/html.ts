/** HTML that is safe to send: every value in it is escaped, unless it is such HTML itself. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** False and undefined become nothing. */
export type Content = string | Html | false | undefined | readonly Content[];

/**
 * A tag for templates: markup`<p title="${title}">${text}</p>`. Attributes need their quotes. It is not called
 * `html`, as Prettier would format the content, and add spaces to the script, whose hash then is another.
 */
export function markup(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(toText)));
}

function toText(value: Content): string {
  if (value === false || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escape(value);
  return value.map(toText).join('');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Data for a script, in an element that browsers do not run. */
export function dataBlock(id: string, value: unknown): Html {
  const json = JSON.stringify(value).replaceAll('<', '\\u003c');
  return new Html(`<script type="application/json" id="${id}">${json}</script>`);
}
