/** Reads server-sent events (WHATWG HTML, section 9.2.6) from a stream of bytes. */

/** One event: its type, its data, and the id that stands when it is dispatched. */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** No event of ours is longer than an entry of the log, which may be escaped by a rendering. */
export const MAX_EVENT_CHARS = 1024 * 1024;
export const MAX_EVENT_LINES = 1_000;

/**
 * Yields each event, and, with empty data, each block that only moves the id on: a client that resumes from there
 * skips what it has been told holds nothing for it. Throws a RangeError for a stream that is not one of ours.
 */
export async function* readServerSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  let id: string | undefined;
  for await (const block of blocksOf(body)) {
    let type = "message";
    let moved = false;
    const data: string[] = [];
    for (const line of block) {
      const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === "data") data.push(value);
      else if (field === "event") type = value;
      else if (field === "id") {
        id = value;
        moved = true;
      }
    }
    if (data.length > 0 || moved) yield { type, data: data.join("\n"), id };
  }
}

/** Runs of lines between empty ones; a run that the stream breaks off is dropped, as the specification says. */
async function* blocksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let block: string[] = [];
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MAX_EVENT_CHARS) throw new RangeError("a server-sent event is too long");
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.map((one) => one.replace(/\r$/, ""))) {
      if (line === "") {
        if (block.length > 0) yield block;
        block = [];
      } else if (block.push(line) > MAX_EVENT_LINES) {
        throw new RangeError("a server-sent event has too many lines");
      }
    }
  }
}
