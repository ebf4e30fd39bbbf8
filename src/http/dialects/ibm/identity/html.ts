/** The few pages of this wire: HTML that works without any script, in one style, under the strictest policy it allows. */
import { hash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Answer } from "../../../route.ts";

/** A text that is HTML already. */
export interface Html {
  readonly html: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  let text = parts[0] ?? "";
  values.forEach((value, n) => {
    text += plain(value) + (parts[n + 1] ?? "");
  });
  return { html: text };
}

function plain(value: string | Html | readonly Html[]): string {
  if (typeof value === "string") return value.replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
  return "html" in value ? value.html : value.map((one) => one.html).join("");
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin: 0 0 1rem; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; margin-top: .25rem; }
button { padding: .5rem 1.25rem; font: inherit; cursor: pointer; }
form + form, form + p, p + form { margin-top: 1.25rem; }
code { display: block; padding: .75rem; font-size: 1.05rem; overflow-wrap: anywhere;
  border: 1px solid currentColor; border-radius: .25rem; user-select: all; }
.fault { border-left: .25rem solid #b3261e; padding-left: .75rem; }
`;

/** No script, nothing from anywhere else, no frame around it, forms to this server only (CSP Level 3). */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash("sha256", STYLE, "base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  // Not `no-referrer`: browsers would then say `Origin: null` of our own forms.
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
};

export function pageText(title: string, content: Html): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${plain(title)} · Keytrail</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${plain(title)}</h1>
${content.html}
</main>
</body>
</html>
`;
}

export interface Page {
  readonly status?: number;
  readonly title: string;
  readonly content: Html;
  readonly headers?: Readonly<Record<string, string>>;
}

export function pageAnswer({ status = 200, title, content, headers = {} }: Page): Answer {
  return { status, headers: { ...PAGE_HEADERS, ...headers }, body: pageText(title, content) };
}

/** Whether a browser asks, for somebody who reads: programs ask for JSON, or for nothing in particular. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return (headers.accept ?? "").includes("text/html");
}
