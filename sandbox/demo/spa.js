/** A shop as a single-page app, with the chat as part of it: the history API, a launcher of its own, session parameters. */
const BIKES = {
  fjord: { name: 'Fjord', words: 'The tourer. Four panniers, no complaints.', price: '€ 1,890' },
  hafen: { name: 'Hafen', words: 'The city bike with a belt that never squeaks.', price: '€ 1,240' },
  polar: { name: 'Polar', words: 'Wide tyres and warm grips for real winters.', price: '€ 2,150' },
}
const EVENTS = ['ready', 'open', 'close', 'start', 'message', 'unread', 'end', 'error']

const find = (id) => document.getElementById(id)
const launcher = find('launcher')
const parameters = { basket: '0' }

// Commands may come before the loader: it finds them in the queue.
window.Frontroom ??= (...call) => {
  window.Frontroom.q ??= []
  window.Frontroom.q.push(call)
}
const chat = (...call) => window.Frontroom(...call)

function copy(id, texts) {
  const part = find(id).content.cloneNode(true)
  for (const [selector, text] of Object.entries(texts)) part.querySelector(selector).textContent = text
  return part
}

function card([id, { name, words, price }]) {
  const part = copy('card', { a: name, '.words': words, '.price': price })
  part.querySelector('a').href = `?bike=${id}`
  part.querySelector('.swatch').classList.add(id)
  return part
}

/** Draws what the address says. */
function show() {
  const id = new URLSearchParams(location.search).get('bike')
  const bike = BIKES[id]
  const part = bike
    ? copy('bike', { h1: bike.name, '.words': bike.words, '.price': bike.price })
    : copy('list', {})
  if (bike) {
    part.querySelector('.swatch').classList.add(id)
    part.querySelector('.buy').addEventListener('click', buy)
  } else part.querySelector('.cards').append(...Object.entries(BIKES).map(card))
  find('view').replaceChildren(part)
  document.title = `${bike?.name ?? 'Bikes'} · Frontroom demo`
  tell({ bike: bike?.name ?? 'none yet' })
}

function buy() {
  const count = `${Number(parameters.basket) + 1}`
  find('basket').textContent = count
  tell({ basket: count })
}

/** Staff see these beside the chat, whether it has begun or not. */
function tell(news) {
  Object.assign(parameters, news)
  chat('set', { parameters: { ...parameters } })
  const rows = Object.entries(parameters).map(([key, value]) => [node('dt', key), node('dd', value)])
  find('parameters').replaceChildren(...rows.flat())
}

function node(tag, text) {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

function go(href) {
  history.pushState({}, '', href)
  show()
  // As a page that is loaded would be begun from its top.
  find('view').querySelector('h1').focus()
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]')
  const isOurs =
    link && link.pathname === location.pathname && !link.target && !event.metaKey && !event.ctrlKey
  if (!isOurs) return
  event.preventDefault()
  go(link.href)
})
addEventListener('popstate', show)
find('logout').addEventListener('click', () => chat('reset'))

for (const name of EVENTS)
  document.addEventListener(`frontroom:${name}`, ({ detail }) => {
    const line = name === 'unread' ? `${name}: ${detail}` : name
    find('events').prepend(node('li', line))
    find('events').children[8]?.remove()
  })
chat('on', 'unread', ({ detail: count }) => {
  launcher.textContent = count ? `Ask us (${count})` : 'Ask us'
})
chat('hide')
show()
