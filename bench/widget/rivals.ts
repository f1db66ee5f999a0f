/**
 * Rivals that the npm registry has, each as its maker's documentation says it is put into a page, with just enough of a
 * backend to show its first view.
 */
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Answer, Candidate } from './candidate.ts'
import { bundle, unpack } from './packages.ts'

export interface Rival {
  readonly name: string
  readonly version: string
  prepare(folder: string): Promise<Candidate>
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
const json = (body: unknown): Answer => ({ type: 'application/json', body: JSON.stringify(body) })
const script = (body: string): Answer => ({ type: 'text/javascript', body })
const style = (body: string): Answer => ({ type: 'text/css', body })
const module = (nonce: string, code: string) => `<script type="module" nonce="${nonce}">${code}</script>`

/** Files of a folder by their path behind `prefix`, read once each. */
function filesOf(folder: string, prefix = '/'): (path: string) => Promise<Answer | undefined> {
  const known = new Map<string, Answer | undefined>()
  return async (path) => {
    if (!path.startsWith(prefix) || path.includes('..')) return undefined
    if (known.has(path)) return known.get(path)
    const type = TYPES[extname(path)]
    const body = type && (await readFile(join(folder, path.slice(prefix.length))).catch(() => undefined))
    const found = type && body ? { type, body } : undefined
    known.set(path, found)
    return found
  }
}

const deepChat: Rival = {
  name: 'deep-chat',
  version: '2.4.2',
  async prepare(folder) {
    const file = filesOf(join(await unpack('deep-chat@2.4.2', folder), 'dist'))
    return {
      name: 'deep-chat',
      version: '2.4.2',
      isolation: 'shadow root',
      snippet: (nonce) =>
        `<script type="module" src="/deepChat.bundle.js" nonce="${nonce}"></script>
         <deep-chat connect='{"url":"/chat"}'></deep-chat>`,
      answer: ({ url }) => file(url.pathname),
      seen: (page) => page.locator('deep-chat #text-input'),
    }
  },
}

const typebot: Rival = {
  name: 'Typebot',
  version: '0.10.7',
  async prepare(folder) {
    const file = filesOf(join(await unpack('@typebot.io/js@0.10.7', folder), 'dist'))
    const started = {
      sessionId: 's1',
      resultId: 'r1',
      typebot: { id: 't1', version: '6.1', theme: {}, settings: {} },
      messages: [
        {
          id: 'm1',
          type: 'text',
          content: { type: 'richText', richText: [{ type: 'p', children: [{ text: 'Hello' }] }] },
        },
      ],
      input: { id: 'i1', type: 'text input', options: {} },
    }
    return {
      name: 'Typebot',
      version: '0.10.7',
      isolation: 'shadow root',
      snippet: (nonce) =>
        module(
          nonce,
          `import Typebot from '/web.js'; Typebot.initBubble({ typebot: 'bench', apiHost: location.origin })`,
        ),
      answer: ({ url }) => (url.pathname.endsWith('/startChat') ? json(started) : file(url.pathname)),
      seen: (page) => page.locator('typebot-bubble button').first(),
      opened: (page) => page.locator('typebot-bubble').getByText('Hello').first(),
    }
  },
}

const n8n: Rival = {
  name: 'n8n chat',
  version: '1.37.0',
  async prepare(folder) {
    const file = filesOf(join(await unpack('@n8n/chat@1.37.0', folder), 'dist'))
    return {
      name: 'n8n chat',
      version: '1.37.0',
      isolation: 'none',
      snippet: (nonce) =>
        `<link href="/style.css" rel="stylesheet">${module(
          nonce,
          `import { createChat } from '/chat.bundle.es.js'; createChat({ webhookUrl: location.origin + '/webhook' })`,
        )}`,
      answer: ({ url }) => (url.pathname === '/webhook' ? json({ data: [] }) : file(url.pathname)),
      seen: (page) => page.locator('.chat-window-toggle'),
      opened: (page) => page.locator('.chat-window textarea').first(),
    }
  },
}

const rocketChat: Rival = {
  name: 'Rocket.Chat Livechat',
  version: '1.13.3',
  async prepare(folder) {
    const built = join(await unpack('@rocket.chat/livechat@1.13.3', folder), 'build')
    const file = filesOf(built, '/livechat/')
    const page = await readFile(join(built, 'index.html'), 'utf8')
    // The real server writes its own address into the page, too.
    const frame = page.replace('<body>', '<body><script>SERVER_URL = location.origin</script>')
    const config = {
      success: true,
      config: {
        enabled: true,
        online: true,
        settings: {
          registrationForm: true,
          nameFieldRegistrationForm: true,
          emailFieldRegistrationForm: true,
        },
        theme: { title: 'Chat', color: '#0b6e4f' },
        messages: {},
        departments: [],
        triggers: [],
        resources: {},
        customFields: [],
      },
    }
    return {
      name: 'Rocket.Chat Livechat',
      version: '1.13.3',
      isolation: 'iframe',
      snippet: (nonce) =>
        `<script nonce="${nonce}">(function (w, d, s, u) {
           w.RocketChat = function (c) { w.RocketChat._.push(c) }; w.RocketChat._ = []; w.RocketChat.url = u
           var h = d.getElementsByTagName(s)[0], j = d.createElement(s)
           j.async = true; j.src = u + '/rocketchat-livechat.min.js'
           h.parentNode.insertBefore(j, h)
         })(window, document, 'script', location.origin + '/livechat')</script>`,
      answer: ({ url }) => {
        if (/^\/livechat\/?$/.test(url.pathname)) return { type: 'text/html', body: frame }
        if (url.pathname === '/api/v1/livechat/config') return json(config)
        if (url.pathname.startsWith('/api/')) return json({ success: true })
        return file(url.pathname)
      },
      seen: (page) => page.frameLocator('iframe').getByRole('button').first(),
      opened: (page) => page.frameLocator('iframe').getByRole('textbox').first(),
    }
  },
}

const chatscope: Rival = {
  name: 'chatscope + React 18',
  version: '2.1.1',
  async prepare(folder) {
    const made = await bundle(
      [
        '@chatscope/chat-ui-kit-react@2.1.1',
        '@chatscope/chat-ui-kit-styles@1.4.0',
        'react@18.3.1',
        'react-dom@18.3.1',
      ],
      `import React from 'react'
       import { createRoot } from 'react-dom/client'
       import { MainContainer, ChatContainer, MessageList, Message, MessageInput } from '@chatscope/chat-ui-kit-react'
       import '@chatscope/chat-ui-kit-styles/dist/default/styles.min.css'
       const model = { message: 'Hello', direction: 'incoming', position: 'single' }
       createRoot(document.getElementById('chat')).render(
         <MainContainer><ChatContainer>
           <MessageList><Message model={model} /></MessageList>
           <MessageInput placeholder="Type here" />
         </ChatContainer></MainContainer>)`,
      folder,
    )
    const answers: Record<string, Answer> = {
      '/chat.js': script(made.script),
      '/chat.css': style(made.style),
    }
    return {
      name: 'chatscope + React 18',
      version: '2.1.1',
      isolation: 'none',
      snippet: (nonce) =>
        `<link href="/chat.css" rel="stylesheet"><div id="chat"></div>
         <script async src="/chat.js" nonce="${nonce}"></script>`,
      answer: ({ url }) => answers[url.pathname],
      seen: (page) => page.locator('#chat [contenteditable]'),
    }
  },
}

const papercups: Rival = {
  name: 'Papercups + React 17',
  version: '1.3.1',
  async prepare(folder) {
    const made = await bundle(
      ['@papercups-io/chat-widget@1.3.1', 'react@17.0.2', 'react-dom@17.0.2'],
      `import React from 'react'
       import { render } from 'react-dom'
       import { ChatWidget } from '@papercups-io/chat-widget'
       render(<ChatWidget token="4b3ba27c-0f3c-4c05-8a3c-0d3a7d3f4b1e" inbox="4b3ba27c-0f3c-4c05-8a3c-0d3a7d3f4b1f"
         baseUrl={location.origin} iframeUrlOverride={location.origin + '/frame.html'} />,
         document.getElementById('chat'))`,
      folder,
    )
    const answers: Record<string, Answer> = {
      '/chat.js': script(made.script),
      // The application in the frame is hosted by its maker and not published: the frame is left empty.
      '/frame.html': {
        type: 'text/html',
        body: `<!doctype html><title>Chat</title><script>
          parent.postMessage({ event: 'chat:loaded', payload: {} }, '*')</script>`,
      },
      '/api/widget_settings': json({ data: {} }),
    }
    return {
      name: 'Papercups + React 17',
      version: '1.3.1',
      isolation: 'iframe',
      snippet: (nonce) => `<div id="chat"></div><script async src="/chat.js" nonce="${nonce}"></script>`,
      answer: ({ url }) => (url.pathname.endsWith('/metadata') ? json({}) : answers[url.pathname]),
      seen: (page) => page.locator('.Papercups-toggleButton').first(),
    }
  },
}

const botpress: Rival = {
  name: 'Botpress webchat',
  version: '4.5.2',
  async prepare(folder) {
    const made = await bundle(
      ['@botpress/webchat@4.5.2', 'react@19.2.0', 'react-dom@19.2.0'],
      `import React, { useState } from 'react'
       import { createRoot } from 'react-dom/client'
       import { Fab, Webchat } from '@botpress/webchat'
       import './node_modules/@botpress/webchat/dist/style.css'
       function App() {
         const [open, setOpen] = useState(false)
         return <>
           <Webchat clientId="4b3ba27c-0f3c-4c05-8a3c-0d3a7d3f4b1e" apiUrl={location.origin}
             style={{ width: 400, height: 600, display: open ? 'flex' : 'none', position: 'fixed', bottom: 90, right: 20 }} />
           <Fab onClick={() => setOpen(!open)} style={{ position: 'fixed', bottom: 20, right: 20, width: 64, height: 64 }} />
         </>
       }
       createRoot(document.getElementById('chat')).render(<App />)`,
      folder,
    )
    const answers: Record<string, Answer> = {
      '/chat.js': script(made.script),
      '/chat.css': style(made.style),
    }
    return {
      name: 'Botpress webchat',
      version: '4.5.2',
      isolation: 'none',
      snippet: (nonce) =>
        `<link href="/chat.css" rel="stylesheet"><div id="chat"></div>
         <script async src="/chat.js" nonce="${nonce}"></script>`,
      answer: ({ url }) => answers[url.pathname],
      seen: (page) => page.locator('.bpFabContainer, .bpFab').first(),
    }
  },
}

export const rivals: readonly Rival[] = [deepChat, typebot, n8n, rocketChat, chatscope, papercups, botpress]
