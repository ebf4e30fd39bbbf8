/** A receiver of lines on loopback, which reads until the sender has ended and then ends too. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class LineReceiver {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Whole lines, in the order in which they came. */
  readonly lines: string[] = [];

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let rest = "";
      socket.setEncoding("utf8");
      socket.on("data", (text: string) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop() ?? "";
        this.lines.push(...parts);
      });
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async open(): Promise<LineReceiver> {
    const receiver = new LineReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As settings have it: one object of JSON a line. */
  get settings(): { readonly kind: string; readonly [name: string]: unknown } {
    return { kind: "json", transport: "tcp", host: "127.0.0.1", port: this.port, form: "entry" };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
