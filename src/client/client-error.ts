/** What can go wrong between a client and its server, by who is to do something about it. */

/** The server answered, and its answer is no. */
export class RefusedByServer extends Error {
  override readonly name = "RefusedByServer";
  readonly status: number;
  /** The native API's error code, `unavailable` for a 503, or "" when the answer was not in its form. */
  readonly code: string;
  /** Of an error in a query: where, in characters from 1. */
  readonly column: number | undefined;
  /** The request's id, by which the server's trail and log know it. */
  readonly trace: string | undefined;

  constructor(
    message: string,
    about: {
      readonly status: number;
      readonly code: string;
      readonly column?: number | undefined;
      readonly trace?: string | undefined;
    },
  ) {
    super(message);
    this.status = about.status;
    this.code = about.code;
    this.column = about.column;
    this.trace = about.trace;
  }
}

/** No answer, or none that can be understood. */
export class ServerUnreachable extends Error {
  override readonly name = "ServerUnreachable";
}
