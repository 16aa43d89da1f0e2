// What a person may send to whoever helps: what was asked of whom and what came of it. Codes, hosts and times only; no
// value that was entered or received, and no text that somebody else wrote.
import type { Exchange, Failure } from "../ipc/types";
import type { Said } from "./errors";

/** `POST acme.zendesk.com/oauth/tokens → 400 invalid_grant (210 ms)`. */
export function exchangeLine({ method, host, path, status, error, took_ms }: Exchange): string {
  const outcome = [status, error].filter((part) => part !== undefined).join(" ") || "no answer";
  return `${method} ${host}${path} → ${outcome} (${took_ms} ms)`;
}

export interface Circumstances {
  /** Of the program. */
  version: string;
  product: string | undefined;
  /** When the failure was seen, in milliseconds since 1970. */
  at: number;
  said: Pick<Said, "move">;
}

export function report(failure: Failure, { version, product, at, said }: Circumstances): string {
  const lines: [string, string | undefined][] = [
    ["Code", failure.code],
    ["Product", failure.product ?? product],
    ["Time", new Date(at).toISOString()],
    ["Whose move", said.move],
    ["Report", failure.report],
    ["Request number", failure.platform?.request_id],
  ];
  return [
    `Keyrack ${version}`,
    ...lines.flatMap(([label, text]) => (text ? [`${label}: ${text}`] : [])),
    ...(failure.exchanges ?? []).map(exchangeLine),
  ].join("\n");
}
