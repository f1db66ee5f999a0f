/** Beside real Webex there is no room view to lead to. */
const { sandbox } = await fetch('/demo/mode.json')
  .then((response) => response.json())
  .catch(() => ({ sandbox: false }))
for (const element of document.querySelectorAll('[data-sandbox]')) element.hidden = !sandbox
