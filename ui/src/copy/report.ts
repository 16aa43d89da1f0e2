// The report that the user may send to support: codes, hosts and times, but no value that was entered or received and no
// text of a server.
import type { Exchange, Failure } from "../ipc/types";

/** `POST acme.zendesk.com/oauth/tokens → 400 invalid_grant (210 ms)`. */
export function exchangeLine({ method, host, path, status, error, took_ms }: Exchange): string {
  const outcome = [status, error].filter((part) => part !== undefined).join(" ") || "no answer";
  return `${method} ${host}${path} → ${outcome} (${took_ms} ms)`;
}

interface Circumstances {
  version: string;
  product: string | undefined;
  /** When the failure was seen, in milliseconds since 1970. */
  at: number;
  move: string;
}

export function formatReport(failure: Failure, { version, product, at, move }: Circumstances): string {
  const lines: [string, string | undefined][] = [
    ["Code", failure.code],
    ["Product", failure.product ?? product],
    ["Time", new Date(at).toISOString()],
    ["Whose move", move],
    ["Report", failure.report],
    ["Request number", failure.platform?.request_id],
  ];
  return [
    `Keyrack ${version}`,
    ...lines.flatMap(([label, text]) => (text ? [`${label}: ${text}`] : [])),
    ...(failure.exchanges ?? []).map(exchangeLine),
  ].join("\n");
}
