/** Where a browser may be sent after a login: to a path of this server, and to nowhere else. */

export const MAX_LOCAL_PATH_CHARS = 2_048;

/** One slash, not two: `//elsewhere.example` is another host; browsers read a backslash as a slash. */
const LOCAL = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;

export function isLocalPath(text: string): boolean {
  return text.length <= MAX_LOCAL_PATH_CHARS && LOCAL.test(text);
}

/** The path that was asked for, or the one to go to where none was, or none that is ours. */
export function localPath(asked: string | undefined, otherwise: string): string {
  return asked !== undefined && isLocalPath(asked) ? asked : otherwise;
}
