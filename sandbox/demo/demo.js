/** Beside real Webex there is no room view to show: staff answer from their own client. */
async function hasSandbox() {
  try {
    const response = await fetch('/demo/mode.json')
    return response.ok && (await response.json()).sandbox === true
  } catch {
    return false
  }
}

const sandbox = await hasSandbox()
const rooms = document.getElementById('rooms')
if (sandbox) rooms.src = '/sandbox/'
rooms.hidden = !sandbox
document.getElementById('explain').hidden = !sandbox
document.getElementById('real').hidden = sandbox
document.documentElement.classList.toggle('alone', !sandbox)
