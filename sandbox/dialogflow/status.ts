/** How Google's APIs say no: numbers on gRPC, HTTP statuses on REST (https://cloud.google.com/apis/design/errors). */

export const STATUS = {
  CANCELLED: { grpc: 1, http: 499 },
  UNKNOWN: { grpc: 2, http: 500 },
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  NOT_FOUND: { grpc: 5, http: 404 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  FAILED_PRECONDITION: { grpc: 9, http: 400 },
  UNIMPLEMENTED: { grpc: 12, http: 501 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const

export type Status = keyof typeof STATUS

/** A call that Dialogflow would refuse. */
export class RefusedCall extends Error {
  override readonly name = 'RefusedCall'
  constructor(
    readonly status: Status,
    message: string,
  ) {
    super(message)
  }
}
