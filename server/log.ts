/** JSON lines on standard output. Never a text, a token or a full address: callers pass none, and this is the second lock. */
import pino, { type Logger } from 'pino'

export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: briefly },
    redact: {
      paths: [
        'token',
        'accessToken',
        'refreshToken',
        'text',
        'email',
        'ip',
        '*.token',
        '*.text',
        '*.email',
        '*.ip',
      ],
      censor: '[not logged]',
    },
  })
}

/** An error with its cause, without whatever else hangs on it: a driver's error carries the values of its statement. */
function briefly(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { name, message, stack, cause } = error
  const code = (error as { code?: unknown }).code
  return {
    type: name,
    message,
    ...(typeof code === 'string' && { code }),
    stack,
    ...(cause !== undefined && { cause: briefly(cause) }),
  }
}
