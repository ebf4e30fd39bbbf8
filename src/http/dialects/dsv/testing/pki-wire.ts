/** Authorities and certificates over DSV's wire, and the same secrets as IBM's wire reads them. */
import { newItem } from "../../../../items/item.ts";
import { POLICY_DOCUMENT } from "../../../../identity/documents/document.ts";
import type { DsvAnswered, DsvServer, DsvUser } from "./dsv-server.ts";

export const ROOT = {
  rootCAPath: "/ca/root",
  commonName: "Root of tests",
  domains: ["example.com", "example.org"],
  maxTTL: 1_000,
} as const;

/** Base64 of PEM, as it goes over the wire. */
export const unwrapped = (text: string): string => Buffer.from(text, "base64").toString();
export const wrapped = (pem: string): string => Buffer.from(pem).toString("base64");

export class PkiWire {
  readonly #server: DsvServer;

  constructor(server: DsvServer) {
    this.#server = server;
  }

  root(body: object = {}, as?: DsvUser): Promise<DsvAnswered> {
    return this.#post("root", { ...ROOT, ...body }, as);
  }

  register(body: object, as?: DsvUser): Promise<DsvAnswered> {
    const { commonName: _, ...terms } = ROOT;
    return this.#post("register", { ...terms, ...body }, as);
  }

  sign(body: object, as?: DsvUser): Promise<DsvAnswered> {
    return this.#post("sign", { rootCAPath: "ca/root", ...body }, as);
  }

  leaf(body: object, as?: DsvUser): Promise<DsvAnswered> {
    const leaf = { rootCAPath: "ca:root", commonName: "web.example.com" };
    return this.#post("leaf", { ...leaf, ...body }, as);
  }

  ssh(body: object, as?: DsvUser): Promise<DsvAnswered> {
    const asked = { rootCAPath: "ca/root", leafCAPath: "ca:leaf", principals: ["bob"], ttl: 2 };
    return this.#post("ssh-cert", { ...asked, ...body }, as);
  }

  #post(what: string, body: object, as: DsvUser = this.#server.admin): Promise<DsvAnswered> {
    return this.#server.call("POST", `/pki/${what}`, { body, as });
  }

  /** The value of a secret that was made by one of the calls above, by IBM's wire. */
  async read({ events }: DsvAnswered): Promise<Readonly<Record<string, unknown>>> {
    const made = events.find(({ operation }) => /^secret\.(?:create|update)$/.test(operation));
    const id = String(made?.responseData["id"] ?? made?.requestData["id"]);
    return (await this.ibm("GET", `/secrets/${id}`)).data;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  async ibm(method: "GET" | "POST" | "DELETE", path: string, payload?: object): Promise<any> {
    const answered = await this.#server.http.send({
      method,
      url: `/api/v2${path}`,
      authorization: `Bearer ${this.#server.admin.token}`,
      ...(payload ? { payload } : {}),
    });
    return answered.body;
  }

  /** As a policy document says it, whichever way that got there. */
  grant(
    subject: string,
    rule: {
      readonly effect?: "allow" | "deny";
      readonly resources: readonly string[];
      readonly actions?: readonly string[];
    },
  ): Promise<void> {
    const { effect = "allow", resources, actions = ["<.*>"] } = rule;
    const id = `${effect}:${resources.join()}`;
    const permission = { id, description: "", subjects: [subject], effect, resources, actions };
    const content = { permissionDocument: [{ ...permission, conditions: {} }] };
    const { account } = this.#server;
    const item = newItem(POLICY_DOCUMENT, { account, name: id, content }, { by: "", now: 0 });
    return this.#server.app.state.transact(({ items }) => items.putItem(item));
  }
}
