/** Writes `loader.js`, `chat.<hash>.js`, `bot.<hash>.js` and `manifest.json` into `outDir`; returns the manifest. */
export function buildWidget(outDir: string): Promise<{ loader: string; chat: string; bot: string }>
