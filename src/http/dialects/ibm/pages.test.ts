import type { FastifyRequest } from "fastify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageLinks } from "./pages.ts";

/** As much of a request as links are made of. */
function requestTo(url: string): FastifyRequest {
  return { url, host: "kt.example:8420", protocol: "https" } as unknown as FastifyRequest;
}

function offsetOf(href: string): number {
  return Number(new URL(href, "https://kt.example").searchParams.get("offset") ?? 0);
}

describe("page links", () => {
  it("are absolute by the host that was called and keep the filters", () => {
    const request = requestTo("/api/v2/secrets?search=db&offset=10&limit=5&groups=default");
    const page = { totalCount: 23, returnedCount: 5, offset: 10, limit: 5 };
    const base = "https://kt.example:8420/api/v2/secrets?search=db&";
    expect(pageLinks(page, request)).toEqual({
      total_count: 23,
      limit: 5,
      offset: 10,
      first: { href: `${base}limit=5&groups=default` },
      next: { href: `${base}limit=5&groups=default&offset=15` },
      previous: { href: `${base}limit=5&groups=default&offset=5` },
      last: { href: `${base}limit=5&groups=default&offset=20` },
    });
  });

  it("has neither next nor previous where one page holds everything", () => {
    const page = { totalCount: 3, returnedCount: 3, offset: 0, limit: 200 };
    const links = pageLinks(page, requestTo("/api/v2/secrets"));
    expect(links).not.toHaveProperty("next");
    expect(links).not.toHaveProperty("previous");
    expect(links.last).toEqual(links.first);
  });

  it("leads a pager over every item once, and ends at last", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 80 }),
        (totalCount, limit, start) => {
          const seen: number[] = [];
          let offset: number | undefined = start;
          let last = start;
          while (offset !== undefined) {
            last = offset;
            const returnedCount = Math.max(0, Math.min(limit, totalCount - offset));
            for (let i = 0; i < returnedCount; i++) seen.push(offset + i);
            const links = pageLinks(
              { totalCount, offset, limit },
              requestTo(`/api/v2/secrets?offset=${offset}&limit=${limit}`),
            );
            expect(links.next === undefined || returnedCount === limit).toBe(true);
            if (!links.next && start < totalCount) {
              expect(offsetOf(links.last.href)).toBe(last);
            }
            offset = links.next && offsetOf(links.next.href);
          }
          const expected = Array.from(
            { length: Math.max(0, totalCount - start) },
            (_, i) => start + i,
          );
          expect(seen).toEqual(expected);
        },
      ),
    );
  });
});
