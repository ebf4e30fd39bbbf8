import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Routing } from "./definition.ts";
import { isRoutedHere } from "./selected.ts";

const HERE = true;
const ELSEWHERE = false;

/** One route after the other; of each, rules in order: where, and whether it sends here. */
function routing(
  routes: readonly (readonly (readonly [locations: string, isHere: boolean])[])[],
  isDefault = false,
): Routing {
  return {
    routes: routes.map((rules) =>
      rules.map(([locations, isHere]) => ({ locations: locations.split(" "), isHere })),
    ),
    isDefault,
  };
}

/** Of some places, those whose events come here. */
function sentHere(given: Routing): string {
  const places = ["global", "us-south", "eu-de", "eu-de-1", "eu-gb"];
  return places.filter((place) => isRoutedHere(given, place)).join(" ");
}

describe("IBM's event routing", () => {
  it("goes by the first rule of a route that names the place, whatever later ones say", () => {
    const first = routing([
      [
        ["eu-de", ELSEWHERE],
        ["*", HERE],
      ],
    ]);
    expect(sentHere(first)).toBe("global us-south eu-gb");
    const last = routing([
      [
        ["*", HERE],
        ["eu-de", ELSEWHERE],
      ],
    ]);
    expect(sentHere(last)).toBe("global us-south eu-de eu-de-1 eu-gb");
  });

  it("looks at every route by itself: another route's rule takes nothing away", () => {
    const both = routing([[["*", ELSEWHERE]], [["us-south", HERE]]]);
    expect(sentHere(both)).toBe("us-south");
  });

  it("knows a place also by the region that it is part of, and not the other way round", () => {
    expect(sentHere(routing([[["eu-de", HERE]]]))).toBe("eu-de eu-de-1");
    expect(sentHere(routing([[["eu-de-1", HERE]]]))).toBe("eu-de-1");
    expect(sentHere(routing([[["eu", HERE]]]))).toBe("eu-de eu-de-1 eu-gb");
    expect(sentHere(routing([[["eu-d", HERE]]]))).toBe("");
  });

  it("has a place of its own for identities, which is in no region", () => {
    expect(sentHere(routing([[["global", HERE]]]))).toBe("global");
    expect(sentHere(routing([[["us-south eu-de", HERE]]]))).toBe("us-south eu-de eu-de-1");
  });

  it("sends to the default targets only what no rule of any route names", () => {
    expect(sentHere(routing([], true))).toBe("global us-south eu-de eu-de-1 eu-gb");
    const named = routing([[["eu-de", ELSEWHERE]], [["global", ELSEWHERE]]], true);
    expect(sentHere(named)).toBe("us-south eu-gb");
  });

  it("sends nothing anywhere without routes and without being a default", () => {
    expect(sentHere(routing([]))).toBe("");
    expect(sentHere(routing([[]]))).toBe("");
  });

  it("is what a plain reading of IBM's words says, for any routes", () => {
    const location = fc.constantFrom("*", "global", "us-south", "eu-de", "eu-de-1", "eu-gb");
    const rule = fc.tuple(fc.uniqueArray(location, { minLength: 1 }), fc.boolean());
    const anyRoutes = fc.array(fc.array(rule, { maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(anyRoutes, fc.boolean(), location, (rules, isDefault, place) => {
        const routes = rules.map((route) =>
          route.map(([locations, isHere]) => ({ locations, isHere })),
        );
        expect(isRoutedHere({ routes, isDefault }, place)).toBe(plainly(rules, isDefault, place));
      }),
    );
  });
});

function plainly(
  routes: readonly (readonly (readonly [readonly string[], boolean])[])[],
  isDefault: boolean,
  place: string,
): boolean {
  let isNamed = false;
  let isSent = false;
  for (const route of routes) {
    for (const [locations, isHere] of route) {
      const names = locations.map((one) => (one === "*" ? ".*" : `${one}(-.*)?`)).join("|");
      if (!new RegExp(`^(?:${names})$`).test(place)) continue;
      isNamed = true;
      if (isHere) isSent = true;
      break;
    }
  }
  return isNamed ? isSent : isDefault;
}
