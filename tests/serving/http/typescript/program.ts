// A program that an application might have: it calls the main routes through types that were generated of the document.
import createClient from "openapi-fetch";
import type { components, paths } from "./openapi.js";

declare const process: { argv: string[] };

type Recommendation = components["schemas"]["RecommendationOut"];

const service = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

const { data: answer } = await service.POST("/v1/recommendations", {
  body: { facts: { sex: "female", birth_date: "1993-04-02" }, k: 3, explain: "short" },
});
const ranks: number[] = (answer?.recommendations ?? []).map((one: Recommendation) => one.rank);

const { data: page } = await service.GET("/v1/programmes", { params: { query: { limit: 2 } } });
const first = page?.programmes[0]?.id ?? "";
const { data: programme } = await service.GET("/v1/programmes/{programme}", { params: { path: { programme: first } } });

const event = {
  specversion: "1.0" as const, id: "1", source: "registry/residents", subject: "c/7", type: "life.moved",
  time: "2026-10-30T09:00:00+09:00", data: { region: "11440" },
};
const { data: written } = await service.POST("/v1/events", {
  body: [event], headers: { "Content-Type": "application/cloudevents-batch+json" },
});
const { data: known } = await service.GET("/v1/citizens/{citizen}/recommendations", {
  params: { path: { citizen: "c/7" }, query: { k: 1 } },
});
const { data: why } = await service.GET("/v1/decisions/{decision_id}", {
  params: { path: { decision_id: known?.decision_id ?? "" }, query: { explain: "short", language: "en" } },
});
const { error, response } = await service.POST("/v1/recommendations", { body: { k: 3 } });

console.log(JSON.stringify({
  ranks,
  listed: page?.programmes.length,
  same: programme !== undefined,
  outcomes: written?.results.map((one) => one.outcome),
  shown: known?.recommendations.length,
  decided: why?.kind,
  refused: [response.status, error?.type],
}));

// What the document does not have is refused by the compiler: where it is not, these lines are errors themselves.
export async function mistakes(): Promise<void> {
  // @ts-expect-error: there is no such route
  await service.GET("/v1/nowhere");
  // @ts-expect-error: k is a number
  await service.POST("/v1/recommendations", { body: { facts: {}, k: "3" } });
  // @ts-expect-error: a path names whom it is about
  await service.GET("/v1/citizens/{citizen}/recommendations");
  // @ts-expect-error: there is no such field
  answer?.recommendations[0]?.likelihood;
  // @ts-expect-error: an event has an id
  await service.POST("/v1/events", { body: [{ source: "s", subject: "c", type: "life.moved", time: "2026-01-01" }] });
}
