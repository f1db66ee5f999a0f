/** Builds what the server serves, and starts what a lane needs, once for all lanes. */
import { execFileSync } from 'node:child_process'
import { startMysql } from './mysql-server.ts'

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (!process.env.FRONTROOM_BUILT) execFileSync(process.execPath, ['build.js'], { stdio: 'inherit' })
  if (process.env.FRONTROOM_TEST_MYSQL !== 'start') return undefined
  const { url, stop } = await startMysql()
  // Workers are started after this and inherit it.
  process.env.FRONTROOM_TEST_MYSQL = url
  return stop
}
