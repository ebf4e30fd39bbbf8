import type { FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";
import { tailOf } from "./tails.ts";

const tail = (written: string) => tailOf({ params: { "*": written } } as unknown as FastifyRequest);

describe("a path in a path", () => {
  it.each([
    ["us-east:server02", "us-east/server02", null, ""],
    ["us-east/server02/", "us-east/server02", null, ""],
    ["users:bob//databases/x", "users/bob/databases/x", null, ""],
    ["us-east/server02::description", "us-east/server02", "description", ""],
    ["us-east:server02::description/", "us-east/server02", "description", ""],
    ["us-east::listpaths", "us-east", "listpaths", ""],
    ["us-east/server02/restore", "us-east/server02", "restore", ""],
    ["us-east/server02/version/3", "us-east/server02", "version", "3"],
    ["us-east/server02/rollback/0", "us-east/server02", "rollback", "0"],
    ["us-east:server02:version:3", "us-east/server02", "version", "3"],
    // A name alone is one, whatever it is called.
    ["restore", "restore", null, ""],
    ["version/3", "version/3", null, ""],
    ["a/versions/3", "a/versions/3", null, ""],
    ["::description", "", "description", ""],
    ["", "", null, ""],
  ] as const)("%s is of %s", (written, ...[path, ending, version]) => {
    expect(tail(written)).toEqual({ path, ending, version });
  });
});
