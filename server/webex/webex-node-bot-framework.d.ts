/** What we use of webex-node-bot-framework 2.3.14, which comes without types; read in its `lib/framework.js` and `lib/webhook.js`. */
declare module 'webex-node-bot-framework' {
  interface Options {
    readonly token: string
    readonly webhookUrl: string
    readonly webhookSecret: string
    readonly removeWebhooksOnStart: false
    /** 0: no space is looked at before something is said in it. */
    readonly maxStartupSpaces: 0
  }
  interface Webhooks {
    list(): Promise<{ items: readonly unknown[] }>
    create(webhook: object): Promise<unknown>
  }
  class Framework {
    constructor(options: Options)
    start(): Promise<boolean>
    getWebexSDK(): { readonly webhooks: Webhooks }
    /** Right after `GET /messages/{id}`, with its answer. */
    on(event: 'messageCreated', listener: (message: Readonly<Record<string, unknown>>) => void): this
    on(event: 'error', listener: (error: unknown) => void): this
    /** What it does with a message after that event. */
    onMessageCreated: (message: unknown) => PromiseLike<unknown>
    removeAllListeners(event: string): this
  }
  export = Framework
}

declare module 'webex-node-bot-framework/webhook.js' {
  import type Framework from 'webex-node-bot-framework'

  /** Made for Express; without a second argument it answers nothing. */
  function webhook(
    framework: Framework,
  ): (request: { body: unknown; headers: Readonly<Record<string, string>> }) => PromiseLike<unknown>
  export = webhook
}
