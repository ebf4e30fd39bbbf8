/**
 * A client of IBM Secrets Manager v2 on IBM's own SDK core. The generated SDK of v2 is not on npm; it builds every
 * call like these, from the same core: authenticator, request wrapper, error messages, query and path encoding.
 */
import { BaseService, getQueryParam, IamAuthenticator } from "ibm-cloud-sdk-core";

export interface Answered<Result> {
  readonly status: number;
  readonly result: Result;
  readonly headers: Readonly<Record<string, string>>;
}

/** What IBM's SDKs reject with. */
export interface SdkError extends Error {
  readonly status: number;
  readonly statusText: string;
  readonly result: {
    readonly errors: readonly { readonly code: string; readonly message: string }[];
    readonly status_code: number;
    readonly trace: string;
  };
}

export interface Secret {
  readonly id: string;
  readonly crn: string;
  readonly name: string;
  readonly secret_type: string;
  readonly versions_total: number;
  readonly payload?: string;
  readonly username?: string;
  readonly password?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly total_count: number;
  readonly next?: { readonly href: string };
}

type Fields = Readonly<Record<string, unknown>>;

interface Request {
  readonly method: string;
  readonly url: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly qs?: Fields;
  readonly body?: Fields;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The 41 operations of version 2, by the names of the generated SDK's methods. */
export const OPERATIONS = {
  createSecretGroup: "POST /api/v2/secret_groups",
  listSecretGroups: "GET /api/v2/secret_groups",
  getSecretGroup: "GET /api/v2/secret_groups/{id}",
  updateSecretGroup: "PATCH /api/v2/secret_groups/{id}",
  deleteSecretGroup: "DELETE /api/v2/secret_groups/{id}",
  createSecret: "POST /api/v2/secrets",
  listSecrets: "GET /api/v2/secrets",
  getSecret: "GET /api/v2/secrets/{id}",
  deleteSecret: "DELETE /api/v2/secrets/{id}",
  getSecretMetadata: "GET /api/v2/secrets/{id}/metadata",
  updateSecretMetadata: "PATCH /api/v2/secrets/{id}/metadata",
  createSecretAction: "POST /api/v2/secrets/{id}/actions",
  getSecretByNameType:
    "GET /api/v2/secret_groups/{secret_group_name}/secret_types/{secret_type}/secrets/{name}",
  createSecretVersion: "POST /api/v2/secrets/{secret_id}/versions",
  listSecretVersions: "GET /api/v2/secrets/{secret_id}/versions",
  getSecretVersion: "GET /api/v2/secrets/{secret_id}/versions/{id}",
  deleteSecretVersionData: "DELETE /api/v2/secrets/{secret_id}/versions/{id}/secret_data",
  getSecretVersionMetadata: "GET /api/v2/secrets/{secret_id}/versions/{id}/metadata",
  updateSecretVersionMetadata: "PATCH /api/v2/secrets/{secret_id}/versions/{id}/metadata",
  createSecretVersionAction: "POST /api/v2/secrets/{secret_id}/versions/{id}/actions",
  listSecretTasks: "GET /api/v2/secrets/{secret_id}/tasks",
  getSecretTask: "GET /api/v2/secrets/{secret_id}/tasks/{id}",
  replaceSecretTask: "PUT /api/v2/secrets/{secret_id}/tasks/{id}",
  deleteSecretTask: "DELETE /api/v2/secrets/{secret_id}/tasks/{id}",
  listSecretsLocks: "GET /api/v2/secrets_locks",
  listSecretLocks: "GET /api/v2/secrets/{id}/locks",
  createSecretLocksBulk: "POST /api/v2/secrets/{id}/locks_bulk",
  deleteSecretLocksBulk: "DELETE /api/v2/secrets/{id}/locks_bulk",
  listSecretVersionLocks: "GET /api/v2/secrets/{secret_id}/versions/{id}/locks",
  createSecretVersionLocksBulk: "POST /api/v2/secrets/{secret_id}/versions/{id}/locks_bulk",
  deleteSecretVersionLocksBulk: "DELETE /api/v2/secrets/{secret_id}/versions/{id}/locks_bulk",
  createConfiguration: "POST /api/v2/configurations",
  listConfigurations: "GET /api/v2/configurations",
  getConfiguration: "GET /api/v2/configurations/{name}",
  updateConfiguration: "PATCH /api/v2/configurations/{name}",
  deleteConfiguration: "DELETE /api/v2/configurations/{name}",
  createConfigurationAction: "POST /api/v2/configurations/{name}/actions",
  createNotificationsRegistration: "POST /api/v2/notifications/registration",
  getNotificationsRegistration: "GET /api/v2/notifications/registration",
  deleteNotificationsRegistration: "DELETE /api/v2/notifications/registration",
  getNotificationsRegistrationTest: "GET /api/v2/notifications/registration/test",
} as const;

export type OperationId = keyof typeof OPERATIONS;

export interface ClientOptions {
  readonly url: string;
  readonly apiKey: string;
}

export class SecretsManagerV2 extends BaseService {
  constructor({ url, apiKey }: ClientOptions) {
    super({ serviceUrl: url, authenticator: new IamAuthenticator({ apikey: apiKey, url }) });
  }

  createSecret(secretPrototype: Fields): Promise<Answered<Secret>> {
    return this.#send({ method: "POST", url: "/api/v2/secrets", body: secretPrototype });
  }

  getSecret(id: string): Promise<Answered<Secret>> {
    return this.#send({ method: "GET", url: "/api/v2/secrets/{id}", path: { id } });
  }

  getSecretByNameType(
    path: Readonly<Record<"secret_type" | "name" | "secret_group_name", string>>,
  ): Promise<Answered<Secret>> {
    const url =
      "/api/v2/secret_groups/{secret_group_name}/secret_types/{secret_type}/secrets/{name}";
    return this.#send({ method: "GET", url, path });
  }

  listSecrets(qs: Fields = {}): Promise<Answered<Page & { readonly secrets: readonly Secret[] }>> {
    return this.#send({ method: "GET", url: "/api/v2/secrets", qs });
  }

  /** As the generated pagers do it: `offset` is read out of `next.href` until there is none. */
  async *eachSecretsPage(qs: Fields): AsyncGenerator<readonly Secret[]> {
    let offset: string | undefined;
    do {
      const { result } = await this.listSecrets({ ...qs, offset });
      yield result.secrets;
      offset = result.next ? getQueryParam(result.next.href, "offset") : undefined;
    } while (offset !== undefined);
  }

  updateSecretMetadata(id: string, patch: Fields): Promise<Answered<Secret>> {
    return this.#send({
      method: "PATCH",
      url: "/api/v2/secrets/{id}/metadata",
      path: { id },
      body: patch,
      contentType: "application/merge-patch+json",
    });
  }

  createSecretVersion(secretId: string, prototype: Fields): Promise<Answered<Fields>> {
    const path = { secret_id: secretId };
    const url = "/api/v2/secrets/{secret_id}/versions";
    return this.#send({ method: "POST", url, path, body: prototype });
  }

  getSecretVersion(secretId: string, id: string): Promise<Answered<Fields>> {
    const path = { secret_id: secretId, id };
    return this.#send({ method: "GET", url: "/api/v2/secrets/{secret_id}/versions/{id}", path });
  }

  createSecretLocksBulk(
    id: string,
    locks: readonly Fields[],
    mode?: string,
  ): Promise<Answered<Fields>> {
    const url = "/api/v2/secrets/{id}/locks_bulk";
    return this.#send({ method: "POST", url, path: { id }, qs: { mode }, body: { locks } });
  }

  deleteSecretLocksBulk(id: string, name?: readonly string[]): Promise<Answered<Fields>> {
    const url = "/api/v2/secrets/{id}/locks_bulk";
    return this.#send({ method: "DELETE", url, path: { id }, qs: { name } });
  }

  deleteSecret(id: string): Promise<Answered<unknown>> {
    return this.#send({ method: "DELETE", url: "/api/v2/secrets/{id}", path: { id } });
  }

  /** Any of the API's operations, by the name that the generated SDK's methods have. */
  invoke(
    operation: OperationId,
    { path, qs, body, headers }: Pick<Request, "path" | "qs" | "body" | "headers"> = {},
  ): Promise<Answered<Fields>> {
    const [method = "", url = ""] = OPERATIONS[operation].split(" ");
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    return this.#send({
      method,
      url,
      contentType,
      ...(path ? { path } : {}),
      ...(qs ? { qs } : {}),
      ...(body ? { body } : {}),
      ...(headers ? { headers } : {}),
    });
  }

  #send<Result>(request: Request): Promise<Answered<Result>> {
    const { method, url, path, qs, body, contentType = "application/json" } = request;
    const headers: Record<string, string> = { Accept: "application/json", ...request.headers };
    if (body) headers["Content-Type"] = contentType;
    const parameters = {
      options: { method, url, path, qs, body },
      defaultOptions: { ...this.baseOptions, headers },
    };
    return this.createRequest(parameters) as Promise<Answered<Result>>;
  }
}
