import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SecretSortField } from "../../secrets/store.ts";
import type { Sort } from "../../secrets/paging.ts";
import type { Caller } from "../call.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import type { SecretMetadata } from "./answers.ts";
import { createSecret, type CreateSecretInput } from "./create-secret.ts";
import { deleteSecret } from "./delete-secret.ts";
import { listSecrets, type ListSecretsInput } from "./list-secrets.ts";
import { readSecret } from "./read-secret.ts";
import {
  createSecretGroup,
  deleteSecretGroup,
  listSecretGroups,
  readSecretGroup,
  updateSecretGroup,
  updateSecretGroupInput,
} from "./secret-groups.ts";
import { arbitrary, kv, login } from "./testing/inputs.ts";

let app: TestApp;
let manager: Caller;

const names = ({ secrets }: { secrets: readonly SecretMetadata[] }): string[] =>
  secrets.map((secret) => secret.name);

describe("the list of secrets", () => {
  let all: SecretMetadata[] = [];
  let teams: string[] = [];
  beforeAll(async () => {
    app = await openTestApp();
    manager = await app.callerWith(["Manager"]);
    const blue = await app.done(createSecretGroup, manager, { name: "blue" });
    const red = await app.done(createSecretGroup, manager, { name: "red" });
    teams = ["default", blue.id, red.id];
    const labels = [[], ["us"], ["eu"], ["us", "eu"], ["us", "EU-west"]];
    for (let i = 0; i < 30; i++) {
      app.clock.advance(i % 3 === 0 ? 0 : 1_000);
      const name = `${["Billing", "orders", "mail"][i % 3]}-${i}`;
      const made: CreateSecretInput = [arbitrary(name), login(name), kv(name, {})][i % 3]!;
      const expirationDate = i % 4 === 1 && i % 3 !== 2 ? `20${30 + i}-01-01T00:00:00Z` : undefined;
      await app.done(createSecret, manager, {
        ...made,
        secretGroupId: teams[(i >> 1) % 3]!,
        labels: labels[i % 5],
        description: i % 7 === 0 ? `Numéro ${i}\nÉTÉ` : undefined,
        expirationDate,
      });
    }
    for (const secret of (await app.done(listSecrets, manager, { limit: 1_000 })).secrets.slice(
      3,
      9,
    )) {
      app.clock.advance(500);
      await app.done(readSecret, manager, { id: secret.id });
    }
    await app.capabilities.retrievals.save();
    all = [...(await app.done(listSecrets, manager, { limit: 1_000 })).secrets];
  });
  afterAll(() => app.close());

  const filters = fc.record(
    {
      search: fc.constantFrom(
        "billing",
        "RS-1",
        "été",
        "numéro 7",
        "eu",
        "eu-w",
        "%",
        "_",
        "nothing",
        "\n",
      ),
      groups: fc.subarray([0, 1, 2, 3]).map((picked) => picked.map((i) => teams[i] ?? "nowhere")),
      secretTypes: fc.subarray(["arbitrary", "username_password", "kv"] as const),
      matchAllLabels: fc.subarray(["us", "eu", "none"]),
      offset: fc.integer({ min: 0, max: 35 }),
      limit: fc.integer({ min: 1, max: 40 }),
    },
    { requiredKeys: [] },
  );
  const field = fc.constantFrom<SecretSortField>(
    "id",
    "createdAt",
    "updatedAt",
    "retrievedAt",
    "expiresAt",
    "secretType",
    "name",
  );
  const sort = fc
    .tuple(field, fc.boolean())
    .map(([name, down]): Sort<SecretSortField> => (down ? `-${name}` : name));

  function passes(
    secret: SecretMetadata,
    { search, groups, secretTypes, matchAllLabels }: ListSecretsInput,
  ): boolean {
    const texts = [secret.name, secret.description ?? "", secret.id, ...secret.labels];
    const isFound =
      search === undefined ||
      texts.some((text) => text.toLowerCase().includes(search.toLowerCase()));
    return (
      (isFound || search === "\n") &&
      (groups?.includes(secret.secretGroupId) ?? true) &&
      (secretTypes?.includes(secret.secretType) ?? true) &&
      (matchAllLabels?.every((label) => secret.labels.includes(label)) ?? true)
    );
  }

  function inOrder(
    secrets: readonly SecretMetadata[],
    by: Sort<SecretSortField>,
  ): SecretMetadata[] {
    const name = by.replace("-", "") as SecretSortField;
    const rank = (value: string | number | null, other: string | number | null): number => {
      if (value === other) return 0;
      if (value === null) return -1;
      return other !== null && value < other ? -1 : 1;
    };
    const sorted = secrets.toSorted((a, b) => rank(a[name], b[name]) || rank(a.id, b.id));
    return by.startsWith("-") ? sorted.toReversed() : sorted;
  }

  it("has what passes the filters, in order, a page of it, and counts all of it", async () => {
    await fc.assert(
      fc.asyncProperty(filters, sort, async (filter, by) => {
        const { secrets, totalCount, returnedCount } = await app.done(listSecrets, manager, {
          ...filter,
          sort: by,
        });
        const expected = inOrder(
          all.filter((secret) => passes(secret, filter)),
          by,
        );
        const { offset = 0, limit = 200 } = filter;
        expect(names({ secrets })).toEqual(
          names({ secrets: expected.slice(offset, offset + limit) }),
        );
        expect([totalCount, returnedCount]).toEqual([expected.length, secrets.length]);
      }),
      { numRuns: 300 },
    );
  });

  it("shows a caller the secrets of the groups it has a role in, and no count of the others", async () => {
    const ofBlue = await app.callerWith(["Reader"], { secretGroup: teams[1]! });
    const listed = await app.done(listSecrets, ofBlue, {});
    const blue = all.filter((secret) => secret.secretGroupId === teams[1]);
    expect(names(listed).toSorted()).toEqual(names({ secrets: blue }).toSorted());
    expect(listed.totalCount).toBe(blue.length);
    const asked = await app.done(listSecrets, ofBlue, { groups: [teams[0]!, teams[1]!] });
    expect(asked.totalCount).toBe(blue.length);
    expect((await app.done(listSecrets, ofBlue, { groups: [teams[0]!] })).totalCount).toBe(0);
    const nobody = await app.callerWith(["Auditor"]);
    expect((await app.refused(listSecrets, nobody, {})).code).toBe("forbidden");
  });

  it("says when a secret was last read, saved or not", async () => {
    const [secret] = all.filter((one) => one.retrievedAt === null);
    app.clock.advance(60_000);
    await app.done(readSecret, manager, { id: secret!.id });
    const { secrets } = await app.done(listSecrets, manager, { search: secret!.id });
    expect(secrets).toMatchObject([{ downloaded: true, retrievedAt: app.clock.now() }]);
  });

  it("is recorded with its filters and counts", async () => {
    await app.done(listSecrets, manager, {
      sort: "-name",
      limit: 5,
      secretTypes: ["kv"],
      search: "canary",
    });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secrets.list",
      requestData: { sort: "-name", limit: 5, secretTypes: ["kv"] },
      responseData: { totalCount: 0, returnedCount: 0 },
    });
  });

  it("is refused for a page or a search beyond the bounds", async () => {
    const inputs: readonly ListSecretsInput[] = [
      { limit: 1_001 },
      { limit: 0 },
      { offset: -1 },
      { search: "x".repeat(257) },
      { sort: "payload" as SecretSortField },
    ];
    for (const input of inputs) {
      expect((await app.refused(listSecrets, manager, input)).code).toBe("invalid_request");
    }
  });
});

describe("secret groups", () => {
  beforeEach(async () => {
    app = await openTestApp();
    manager = await app.callerWith(["Manager"]);
  });
  afterEach(() => app.close());

  it("are made, read, changed and deleted, and recorded", async () => {
    const group = await app.done(createSecretGroup, manager, {
      name: "Team Blue",
      description: "canary-words",
    });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-group.create",
      target: {
        id: expect.stringContaining(`:secret-group:${group.id}`),
        name: "Team Blue",
        typeURI: "secrets-manager/secret/group",
      },
      responseData: { id: group.id },
    });
    const changed = await app.done(
      updateSecretGroup,
      manager,
      updateSecretGroupInput(group.id, { name: "Team Red", description: null }),
    );
    expect(changed).toMatchObject({ name: "Team Red", description: null });
    expect(app.lastEvent().responseData).toEqual({
      id: group.id,
      changes: [
        { field: "name", initialValue: "Team Blue", newValue: "Team Red" },
        { field: "description" },
      ],
    });
    expect(await app.done(readSecretGroup, manager, { id: group.id })).toMatchObject({
      name: "Team Red",
    });
    await app.done(deleteSecretGroup, manager, { id: group.id });
    expect((await app.refused(readSecretGroup, manager, { id: group.id })).code).toBe("not_found");
    expect(app.log.lines.some((line) => Buffer.from(line).includes("canary"))).toBe(false);
  });

  it("are each of their own name, and 200 of them at most", async () => {
    for (let i = 0; i < 200; i++)
      await app.done(createSecretGroup, manager, { name: `group-${i}` });
    expect((await app.refused(createSecretGroup, manager, { name: "group-7" })).code).toBe(
      "conflict",
    );
    expect((await app.refused(createSecretGroup, manager, { name: "one more" })).message).toContain(
      "reached the maximum",
    );
    const { secretGroups, totalCount } = await app.done(listSecretGroups, manager, {});
    expect([secretGroups[0]?.id, secretGroups.length, totalCount]).toEqual(["default", 201, 201]);
    const rename = updateSecretGroupInput(secretGroups[1]!.id, { name: "group-7" });
    expect((await app.refused(updateSecretGroup, manager, rename)).code).toBe("conflict");
  });

  it("are deleted only when they hold no secret", async () => {
    const group = await app.done(createSecretGroup, manager, { name: "blue" });
    const { id } = await app.done(createSecret, manager, {
      ...arbitrary("db"),
      secretGroupId: group.id,
    });
    expect((await app.refused(deleteSecretGroup, manager, { id: group.id })).message).toContain(
      "still contains secrets",
    );
    await app.done(deleteSecret, manager, { id });
    await app.done(deleteSecretGroup, manager, { id: group.id });
  });

  it("begin with the default one, which stays as it is", async () => {
    expect(await app.done(readSecretGroup, manager, { id: "default" })).toMatchObject({
      id: "default",
      name: "default",
    });
    expect((await app.refused(deleteSecretGroup, manager, { id: "default" })).code).toBe(
      "conflict",
    );
    const rename = updateSecretGroupInput("default", { name: "other" });
    expect((await app.refused(updateSecretGroup, manager, rename)).code).toBe("conflict");
    expect((await app.refused(createSecretGroup, manager, { name: "default" })).code).toBe(
      "conflict",
    );
  });

  it("are shown to a caller as far as it has a role in them, and made by a Manager of the whole", async () => {
    const blue = await app.done(createSecretGroup, manager, { name: "blue" });
    const ofBlue = await app.callerWith(["Manager"], { secretGroup: blue.id });
    const listed = await app.done(listSecretGroups, ofBlue, {});
    expect(listed.secretGroups.map(({ id }) => id)).toEqual([blue.id]);
    expect((await app.refused(createSecretGroup, ofBlue, { name: "red" })).code).toBe("forbidden");
    expect((await app.refused(readSecretGroup, ofBlue, { id: "default" })).code).toBe("forbidden");
  });
});
