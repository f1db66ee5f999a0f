/** Not a module: it must listen before anything else on the page can break a rule. */
let broken = 0

document.addEventListener('securitypolicyviolation', () => {
  broken++
  show()
})
document.addEventListener('DOMContentLoaded', () => {
  const { content } = document.querySelector('meta[http-equiv="Content-Security-Policy"]')
  document.getElementById('policy').textContent = content.replaceAll('; ', ';\n')
  show()
})

function show() {
  const figure = document.getElementById('broken')
  if (figure) figure.textContent = `${broken}`
}
