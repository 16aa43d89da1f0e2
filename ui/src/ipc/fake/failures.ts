// The failures that the fake raises, with the facts that the program would send.
import type { AttemptView, Code, Exchange, Failure } from "../types";

const PLATFORM = "api.cloud-elements.com";
const ZENDESK = "acme.zendesk.com";
const ACME = "accounts.acme.example";

const DISCOVERY: Exchange = {
  method: "GET",
  host: ZENDESK,
  path: "/.well-known/oauth-authorization-server",
  status: 404,
  took_ms: 96,
};
const TOKEN = { method: "POST", host: ZENDESK, path: "/oauth/tokens" };

const PLATFORM_REFUSAL = {
  host: PLATFORM,
  platform: {
    status: 400,
    request_id: "5c1d0d9ae4b0a1e23c3e9f10",
    message: "Failed to create the instance: the provider refused the configuration",
    provider_message: "invalid_request: redirect_uri does not match",
  },
};
const PLATFORM_SILENCE = { host: PLATFORM, detail: "no answer in 30 seconds" };
const PROVIDER_REFUSAL = {
  host: ZENDESK,
  detail: "invalid_client: client authentication failed",
  exchanges: [DISCOVERY, { ...TOKEN, status: 400, error: "invalid_client", took_ms: 210 }],
};

const FACTS: Partial<Record<Code, Omit<Failure, "code">>> = {
  authorization_expired: PLATFORM_REFUSAL,
  callback_busy: { port: 14747 },
  certificate_untrusted: {
    host: ACME,
    issuer: "Acme Network Inspection CA",
    detail: "unknown issuer",
    exchanges: [
      {
        method: "GET",
        host: ACME,
        path: "/.well-known/openid-configuration",
        error: "certificate not trusted",
        took_ms: 41,
      },
    ],
  },
  clock_wrong: { host: "acme.desk.com", clock_skew: 431 },
  element_in_use: { name: "Zendesk" },
  element_historical: { product: "ACI Model Bank" },
  element_retired: { product: "Desk.com" },
  form_invalid: {
    fields: [
      { key: "zendesk.subdomain", problem: "malformed" },
      { key: "oauth.api.key", problem: "malformed" },
    ],
  },
  instance_gone: PLATFORM_REFUSAL,
  internal: { report: "7F3K-20QX", detail: "index: row 12 has no element" },
  issuer_mismatch: { host: ZENDESK, exchanges: [DISCOVERY] },
  issuer_unknown: { host: ACME, exchanges: [DISCOVERY] },
  name_ambiguous: { candidates: ["Zendesk", "Zendesk – support"] },
  name_taken: { name: "Zendesk" },
  platform_bad_response: {
    host: PLATFORM,
    detail: "the answer is a page and not JSON",
    platform: { status: 200 },
  },
  platform_busy: { host: PLATFORM, platform: { status: 429, retry_after: 45 } },
  platform_failed: { host: PLATFORM, platform: { status: 502, message: "Bad gateway" } },
  platform_rejected: PLATFORM_REFUSAL,
  platform_uncertain: PLATFORM_SILENCE,
  platform_unreachable: PLATFORM_SILENCE,
  port_in_use: { port: 14747, free_port: 14748 },
  provider_bad_response: PROVIDER_REFUSAL,
  provider_rejected: PROVIDER_REFUSAL,
  provider_unreachable: {
    host: ZENDESK,
    detail: "connection refused",
    exchanges: [{ ...TOKEN, error: "no answer in time", took_ms: 30_004 }],
  },
  redirect_mismatch: {
    redirect: "http://localhost:14747/callback/zendesk",
    registered: "http://127.0.0.1:14747/callback/zendesk/",
  },
  workspace_secrets: {
    host: PLATFORM,
    platform: { status: 401, message: "Invalid Organization or User secret, or invalid Element token" },
  },
  workspace_taken: { name: "Acme platform" },
  wrong_account: { name: "Zendesk · support", expected: "maria@acme.example", found: "jo@acme.example" },
};

export function failureOf(code: Code): Failure {
  return { code, ...FACTS[code] };
}

/** A key that the product does not accept. */
export function keyRefusal({ element, product }: Pick<AttemptView, "element" | "product">): Failure {
  const host = `api.${element}.com`;
  return {
    code: "provider_rejected",
    product,
    host,
    refused: "key",
    detail: "invalid_request_error: Invalid API Key provided",
    exchanges: [{ method: "GET", host, path: "/v1/account", status: 401, took_ms: 188 }],
  };
}
