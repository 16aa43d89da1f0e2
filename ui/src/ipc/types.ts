// Generated from src-tauri/domain/src/view by `UPDATE_TYPES=1 cargo test types_ts`. Not to be edited.

export type Code = "access_denied" | "authorization_expired" | "callback_busy" | "callback_invalid" | "callback_timeout" | "cancelled" | "certificate_untrusted" | "clock_wrong" | "connection_disabled" | "connection_unknown" | "element_in_use" | "element_historical" | "element_invalid" | "element_retired" | "element_unknown" | "form_invalid" | "index_damaged" | "index_newer" | "index_unwritable" | "instance_gone" | "issuer_mismatch" | "issuer_unknown" | "internal" | "keychain_denied" | "keychain_locked" | "keychain_missing" | "keychain_too_long" | "name_ambiguous" | "name_taken" | "needs_settings" | "platform_bad_response" | "platform_busy" | "platform_failed" | "platform_limit" | "platform_rejected" | "platform_uncertain" | "platform_unreachable" | "port_in_use" | "provider_bad_response" | "provider_rejected" | "provider_unreachable" | "redirect_mismatch" | "renewal_busy" | "sign_in_expired" | "state_mismatch" | "usage" | "workspace_secrets" | "workspace_taken" | "workspace_unknown" | "wrong_account";

export type Problem = "required" | "malformed" | "not_an_option" | "too_long" | "unknown";

export type FieldProblem = { key: string, problem: Problem, };

export type PlatformAnswer = { status?: number, request_id?: string, message?: string, provider_message?: string, retry_after?: number, };

export type Refused = "client" | "key" | "registration" | "scope";

export type NetworkFault = "name" | "connection" | "handshake" | "certificate_date" | "certificate_name" | "certificate_other" | "protocol" | "lost" | "timeout" | "proxy" | "proxy_variable";

export type Exchange = { method: string, host: string, path: string, status?: number, error?: string, took_ms: number, };

export type Failure = { code: Code, fields?: Array<FieldProblem>, product?: string, name?: string, host?: string, port?: number, free_port?: number, detail?: string, candidates?: Array<string>, platform?: PlatformAnswer, refused?: Refused, network?: NetworkFault, redirect?: string, registered?: string, issuer?: string, clock_skew?: number, retry_after?: number, expected?: string, found?: string, exchanges?: Array<Exchange>, report?: string, };

export type Appearance = "system" | "light" | "dark";

export type Status = "ok" | "retrying" | "needs_sign_in" | "needs_settings";

export type KeychainState = "ready" | "locked" | "missing";

export type KeychainView = { name: string, state: KeychainState, };

export type WorkspaceKind = "local" | "practice" | "hosted";

export type WorkspaceView = { name: string, label: string, kind: WorkspaceKind, base_url?: string, connections: number, };

export type PresetView = { name: string, label: string, base_url: string, };

export type WorkspaceRequest = { name: string, base_url: string, user_secret: string, organization_secret: string, };

export type InstanceView = { id: string, name: string, element: string, product: string, initials: string, tags: Array<string>, disabled: boolean, connection?: string, };

export type OptionView = { value: string, label: string, };

export type FieldKind = "text" | "select" | "toggle" | "address" | "origin" | "base" | "host" | "lines" | "day";

export type VisibleWhen = { field: string, is: string, };

export type FieldView = { key: string, label: string, help: string, example: string, value: string, kind: FieldKind, options: Array<OptionView>, required: boolean, secret: boolean, advanced: boolean, prefix: string, suffix: string, problem: string, max_length: number, visible_when?: VisibleWhen, };

export type AuthView = "oauth2" | "oauth1" | "basic" | "api_key" | "session" | "custom";

export type Reach = "sign_in" | "key" | "app";

export type WayView = { key: string, label?: string, auth: AuthView, reach: Reach, };

export type ElementView = { key: string, name: string, initials: string, category: string, gives: string, access: Array<string>, note?: string, auth: AuthView, reach: Reach, formerly: Array<string>, mark?: string, setup_page?: string, replaced_by?: string, historical: boolean, way?: string, label?: string, ways: Array<WayView>, generic: boolean, retired: boolean, own: boolean, hosts?: Array<string>, fields: Array<FieldView>, };

export type ElementProblem = { line?: number, text: string, };

export type Revocation = { "way": "ends" } | { "way": "page", url: string, } | { "way": "stays" };

export type Revoked = "yes" | "later" | "no";

export type RemovedView = { revoked: Revoked, page?: string, };

export type TestView = { identity?: string, took_ms?: number, };

export type CertificateView = { subject: string, issuer: string, expires_at: number, sha256: string, };

export type KeyEnd = "week" | "day" | "over";

export type ConnectionView = { initials: string, disabled: boolean, status: Status, last_code?: Code, renewed_at?: number, expires_at?: number, key_end?: KeyEnd, scopes: Array<string>, access: Array<string>, revocation: Revocation, id: string, workspace: string, element: string, way?: string, product: string, instance?: string, name: string, tags: Array<string>, note?: string, identity?: string, host?: string, created_at: number, missing: Array<string>, callback?: { [key in string]: string }, };

export type NotImported = { instance: string, failure: Failure, };

export type ImportView = { added: Array<ConnectionView>, failed: Array<NotImported>, };

export type AttemptStage = "waiting" | "finishing" | "unsaved" | "connected" | "failed" | "cancelled";

export type Stray = "foreign" | "head_too_long";

export type AttemptView = { id: string, element: string, product: string, initials: string, name: string, again: boolean, stage: AttemptStage, host: string, link: string, callback: string, paste_only: boolean, browser_opened: boolean, user_code?: string, started_at: number, ends_at: number, stray?: Stray, connection?: string, failure?: Failure, };

export type SettingsView = { appearance: Appearance, callback_port: number, data_folder: string, elements_folder: string, log_folder: string, version: string, certificates: Array<CertificateView>, proxy: string, };

export type State = { workspace: WorkspaceView, workspaces: Array<WorkspaceView>, connections: Array<ConnectionView>, attempts: Array<AttemptView>, keychain: KeychainView, settings: SettingsView, clock_skew?: number, };

export type ConnectRequest = { element: string, name: string, tags: Array<string>, values: { [key in string]: string }, again?: string, };
