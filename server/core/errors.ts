/** Errors are told apart by who can act on them: the caller, the operator, or nobody but us. Anything else is a bug. */

export const PROBLEM_CODES = [
  'invalid',
  'unknown_topic',
  'unauthorized',
  'forbidden_origin',
  'not_found',
  'method_not_allowed',
  'chat_closed',
  'chat_open',
  'closed_hours',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_mismatch',
  'form_incomplete',
  'rate_limited',
  'desk_unavailable',
  'overloaded',
] as const

export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** One wrong place: `path` is dotted (`fields.company`, `topics[0].id`), empty for the whole. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface ProblemDetails {
  readonly errors?: readonly FieldError[]
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  readonly retryAfter?: number
  /** Further members of the answer, e.g. `reason` and `opensAt` of `closed_hours`. */
  readonly extra?: Readonly<Record<string, string>>
}

/** For callers of the API: what was wrong with the request, or why it cannot be served now. */
export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly code: ProblemCode,
    /** Tells the person what to do; shown to the caller. */
    readonly detail: string,
    readonly details: ProblemDetails = {},
  ) {
    super(`${code}: ${detail}`)
  }
}

/** For the operator: every mistake of an environment or a settings file at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(
    what: string,
    readonly mistakes: readonly FieldError[],
  ) {
    super(`${what}\n${mistakes.map((m) => `  ${m.path}: ${m.message}`).join('\n')}`)
  }
}

/** For adapters: an attempt that did not work out, and whether its effect may have happened all the same. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  constructor(
    message: string,
    readonly outcome: Readonly<{
      /** `no`: surely without effect. `unknown`: the request may have been carried out. */
      effect: 'no' | 'unknown'
      /** A repetition cannot succeed: the room is gone, the text is refused. */
      permanent?: boolean
      /** Seconds the provider asked us to wait. */
      retryAfter?: number
      status?: number
    }>,
  ) {
    super(message)
  }
}

/** For bots: a turn that brought no reply. Whatever the provider called it, it is one of these. */
export class BotError extends Error {
  override readonly name = 'BotError'
  constructor(
    /**
     * `invalid`: the bot refuses what we asked, again and again; `auth`: it does not know us; `quota`: too many turns;
     * `unavailable`: not there or broken; `timeout`: no reply in time; `bad_response`: a reply that makes no sense.
     */
    readonly kind: 'invalid' | 'auth' | 'quota' | 'unavailable' | 'timeout' | 'bad_response',
    message: string,
    /** Seconds the provider asked us to wait. */
    readonly retryAfter?: number,
  ) {
    super(message)
  }
}
