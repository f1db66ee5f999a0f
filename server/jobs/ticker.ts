/** node-cron is only the ticker: every job is harmless when it runs twice, and never runs beside itself (of other processes, see `leased`). */
import cron, { type ScheduledTask } from 'node-cron'
import type { Log } from '../chat/deps.ts'

export interface Job {
  readonly name: string
  /** A divisor of 60. */
  readonly everySeconds: number
  run(): Promise<unknown>
}

export interface Ticker {
  /** Stops ticking and waits for jobs under way. */
  stop(): Promise<void>
}

export function startTicker(jobs: readonly Job[], log: Log): Ticker {
  const running = new Map<string, Promise<void>>()

  const tick = (job: Job) => {
    if (running.has(job.name)) return
    const run = job
      .run()
      .then(
        () => undefined,
        (error: unknown) =>
          log.error({ job: job.name, err: error }, 'a job failed; it runs again with its next turn'),
      )
      .finally(() => running.delete(job.name))
    running.set(job.name, run)
  }

  const tasks: ScheduledTask[] = jobs.map((job) =>
    cron.schedule(`*/${job.everySeconds} * * * * *`, () => tick(job), { name: job.name }),
  )
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()))
      await Promise.all(running.values())
    },
  }
}
