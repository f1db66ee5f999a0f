/** The host page: a picture that is the largest paint, text, and no script of its own. */
import { crc32, deflateSync } from 'node:zlib'

const WIDTH = 200
const HEIGHT = 100

/** Noise, so that it is as heavy as a photograph (60 kB) and counts as content. */
export const HERO = png()

function png(): Buffer {
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 3))
  // A fixed sequence (Numerical Recipes' constants): the same picture in every run.
  let state = 1
  for (let at = 0; at < rows.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    rows[at] = at % (1 + WIDTH * 3) === 0 ? 0 : state >>> 24
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(WIDTH, 0)
  head.writeUInt32BE(HEIGHT, 4)
  head.set([8, 2], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

const paragraph = `<p>${'Fjord and Hafen are built to order in our workshop by the harbour. '.repeat(12)}</p>`

export function hostPage(snippet: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bicycles by the harbour</title>
</head>
<body>
<h1>Bicycles by the harbour</h1>
<img src="/hero.png" width="1000" height="400" alt="">
${paragraph.repeat(8)}
${snippet}
</body>
</html>`
}

/** Seen before the page that is measured. */
export const BLANK = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Blank</title>'
