// Lines for developers to paste. They call the command line, which renews as needed, and hold no token.
import type { ConnectionView, ElementView, WorkspaceView } from "../ipc/types";

/** One tab of the developer section. */
export interface Snippet {
  tab: "Shell" | "curl" | ".env";
  text: string;
}

/** Quotes a word for a POSIX shell: with double quotes, which read best, unless a character acts inside them (`!` does in
 *  an interactive bash). */
export function quoteWord(word: string): string {
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", `'\\''`)}'` : `"${word}"`;
}

export function listSnippets(
  connection: Pick<ConnectionView, "name" | "host">,
  workspace: Pick<WorkspaceView, "name" | "kind" | "base_url">,
  auth: ElementView["auth"],
): Snippet[] {
  // The command line uses the workspace of this computer by default.
  const option = workspace.kind === "local" ? "" : ` --workspace ${quoteWord(workspace.name)}`;
  const name = quoteWord(connection.name) + option;
  const env: Snippet = {
    tab: ".env",
    text: `# Loads the variables into this shell; no token is written to a file\neval "$(keyrack token ${name} --format env)"`,
  };
  const hosted = workspace.kind === "hosted";
  if (auth === "oauth1" && !hosted) {
    // OAuth 1.0a signs each request, so there is no header that curl could send.
    return [{ tab: "Shell", text: `keyrack token ${name} --format json` }, env];
  }
  // A hosted platform takes the calls, and signs those of OAuth 1.0a; every element answers /ping.
  const address = hosted
    ? `${workspace.base_url ?? "https://"}/ping`
    : connection.host
      ? `https://${connection.host}/`
      : "https://";
  return [
    { tab: "Shell", text: `TOKEN=$(keyrack token ${name})` },
    { tab: "curl", text: `curl -H "$(keyrack token ${name} --format header)" \\\n  ${address}` },
    env,
  ];
}
