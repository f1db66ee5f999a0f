type Attrs = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>

/** An element: functions become listeners, `true` an empty attribute; what is false or empty is left out. Never HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const name in attrs) {
    const value = attrs[name]
    if (typeof value === 'function') element.addEventListener(name, value)
    else setAttr(element, name, value)
  }
  element.append(...children)
  return element
}

export function setAttr(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value) element.setAttribute(name, value === true ? '' : `${value}`)
  else element.removeAttribute(name)
}

/** Writes only what changed: screen readers may read a rewritten node again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

const sheets = new Map<string, CSSStyleSheet>()

/** Once for a root, however often it is asked. The browser styles all of the root again: so not before there is something to style. */
export function adopt(root: ShadowRoot, css: string): void {
  const sheet = sheets.get(css) ?? new CSSStyleSheet()
  if (root.adoptedStyleSheets.includes(sheet)) return
  sheet.replaceSync(css)
  sheets.set(css, sheet)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
}
