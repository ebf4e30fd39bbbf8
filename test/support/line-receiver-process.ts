/**
 * A receiver of lines as a process of its own: over TCP until the sender closes, or in the bodies of requests. What it
 * has taken stands in its file before it says so. Arguments: tcp or http, the port, the file.
 */
import { appendFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";

const [, , kind, port = "0", file = ""] = process.argv;

function keep(text: string): void {
  if (text !== "") appendFileSync(file, text);
}

const overTcp = () =>
  createServer({ allowHalfOpen: true }, (socket) => {
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const text = rest + chunk;
      const end = text.lastIndexOf("\n") + 1;
      keep(text.slice(0, end));
      rest = text.slice(end);
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
  });

const overHttp = () =>
  createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      keep(`${Buffer.concat(chunks).toString("utf8").trimEnd()}\n`);
      response.writeHead(204).end();
    });
  });

const server = kind === "tcp" ? overTcp() : overHttp();
server.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify(server.address())}\n`);
});
