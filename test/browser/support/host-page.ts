/** Pages of site owners, and the policies they are served under. */

/** What the widget needs, and nothing else. */
export const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"

/** As Google's strict policy has it, and no Trusted Types policy may be made either. Reports go to `/csp-report`. */
export const STRICT =
  "default-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic'; connect-src 'self'; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'; report-uri /csp-report"

export interface HostPage {
  /** Without one, a page is in quirks mode. */
  readonly doctype?: string
  readonly lang?: string
  readonly dir?: string
  readonly head?: string
  readonly body?: string
  /** Attributes of the widget's tag; null leaves the tag out. */
  readonly tag?: string | null
}

export function hostPage({
  doctype = '<!doctype html>',
  lang = 'en',
  dir,
  head = '',
  body = '<main><h1>Shop</h1></main>',
  tag = '',
}: HostPage = {}): string {
  const script = tag === null ? '' : `<script async src="/widget.js" ${tag}></script>`
  return `${doctype}<html lang="${lang}"${dir ? ` dir="${dir}"` : ''}><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>${head}</head><body>${body}${script}</body></html>`
}
