// The failures that the fake raises, with the facts that the program would send.
import { ACME } from "./platform";
import type { Code, Exchange, Failure } from "./types";

const HOST = new URL(ACME.base_url ?? "").host;

/** What was asked on the way to a refusal. */
const EXCHANGES: Exchange[] = [
  {
    method: "GET",
    host: "acme.zendesk.com",
    path: "/.well-known/oauth-authorization-server",
    status: 404,
    took_ms: 96,
  },
  {
    method: "POST",
    host: "acme.zendesk.com",
    path: "/oauth/tokens",
    status: 400,
    error: "invalid_client",
    took_ms: 210,
  },
];

/** For `scene=failed-…` and `refuse=…`. */
export function failureOf(code: Code): Failure {
  switch (code) {
    case "platform_rejected":
    case "instance_gone":
    case "authorization_expired":
      return {
        code,
        host: HOST,
        platform: {
          status: 400,
          request_id: "5c1d0d9ae4b0a1e23c3e9f10",
          message: "Failed to create the instance: the provider refused the configuration",
          provider_message: "invalid_request: redirect_uri does not match",
        },
      };
    case "platform_busy":
      return { code, host: HOST, platform: { status: 429, retry_after: 45 } };
    case "platform_failed":
      return { code, host: HOST, platform: { status: 502, message: "Bad gateway" } };
    case "platform_bad_response":
      return { code, host: HOST, detail: "the answer is a page and not JSON", platform: { status: 200 } };
    case "platform_unreachable":
    case "platform_uncertain":
      return { code, host: HOST, detail: "no answer in 30 seconds" };
    case "workspace_secrets":
      return {
        code,
        host: HOST,
        platform: { status: 401, message: "Invalid Organization or User secret, or invalid Element token" },
      };
    case "workspace_taken":
      return { code, name: ACME.name };
    case "port_in_use":
      return { code, port: 14747, free_port: 14748 };
    case "callback_busy":
      return { code, port: 14747 };
    case "internal":
      return { code, report: "7F3K-20QX", detail: "index: row 12 has no element" };
    case "provider_bad_response":
    case "provider_rejected":
      return {
        code,
        host: "acme.zendesk.com",
        detail: "invalid_client: client authentication failed",
        exchanges: EXCHANGES,
      };
    case "provider_unreachable":
      return {
        code,
        host: "acme.zendesk.com",
        detail: "connection refused",
        exchanges: [
          {
            method: "POST",
            host: "acme.zendesk.com",
            path: "/oauth/tokens",
            error: "no answer in time",
            took_ms: 30_004,
          },
        ],
      };
    case "certificate_untrusted":
      return {
        code,
        host: "accounts.acme.example",
        issuer: "Acme Network Inspection CA",
        detail: "unknown issuer",
        exchanges: [
          {
            method: "GET",
            host: "accounts.acme.example",
            path: "/.well-known/openid-configuration",
            error: "certificate not trusted",
            took_ms: 41,
          },
        ],
      };
    case "clock_wrong":
      return { code, host: "acme.desk.com", clock_skew: 431 };
    case "element_retired":
      return { code, product: "Desk.com" };
    case "issuer_mismatch":
      return { code, host: "acme.zendesk.com", exchanges: EXCHANGES.slice(0, 1) };
    case "issuer_unknown":
      return { code, host: "accounts.acme.example", exchanges: EXCHANGES.slice(0, 1) };
    case "redirect_mismatch":
      return {
        code,
        redirect: "http://localhost:14747/callback/zendesk",
        registered: "http://127.0.0.1:14747/callback/zendesk/",
      };
    case "wrong_account":
      return { code, name: "Zendesk · support", expected: "maria@acme.example", found: "jo@acme.example" };
    case "name_taken":
      return { code, name: "Zendesk" };
    case "name_ambiguous":
      return { code, candidates: ["Zendesk", "Zendesk – support"] };
    case "form_invalid":
      return {
        code,
        fields: [
          { key: "zendesk.subdomain", problem: "malformed" },
          { key: "oauth.api.key", problem: "malformed" },
        ],
      };
    default:
      return { code };
  }
}
