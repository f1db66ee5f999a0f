/** Builds what the server serves, once for all lanes. */
import { execFileSync } from 'node:child_process'

export default function setup(): void {
  execFileSync(process.execPath, ['build.js'], { stdio: 'inherit' })
}
