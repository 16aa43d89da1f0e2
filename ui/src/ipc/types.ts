export type Code = "access_denied" | "callback_busy" | "callback_invalid" | "callback_timeout" | "cancelled" | "connection_unknown" | "element_invalid" | "element_unknown" | "form_invalid" | "index_newer" | "index_unwritable" | "internal" | "keychain_denied" | "keychain_locked" | "keychain_missing" | "keychain_too_long" | "name_ambiguous" | "name_taken" | "needs_settings" | "port_in_use" | "provider_bad_response" | "provider_rejected" | "provider_unreachable" | "renewal_busy" | "sign_in_expired" | "state_mismatch" | "usage" | "workspace_unknown";
export type Problem = "required" | "malformed" | "not_an_option" | "too_long" | "unknown";
export interface FieldProblem { key: string; problem: Problem }
export interface Failure { code: Code; fields?: FieldProblem[]; product?: string; name?: string; host?: string; port?: number; free_port?: number; detail?: string; candidates?: string[]; report?: string }
export type Appearance = "system" | "light" | "dark";
export type Status = "ok" | "retrying" | "needs_sign_in" | "needs_settings";
export type KeychainState = "ready" | "locked" | "missing";
export interface WorkspaceView { name: string; label: string; kind: "local" | "practice" | "hosted" }
export interface OptionView { value: string; label: string }
export type FieldKind = "text" | "select" | "toggle" | "address" | "origin" | "host";
export interface FieldView { key: string; label: string; help: string; example: string; value: string; kind: FieldKind; options: OptionView[]; required: boolean; secret: boolean; advanced: boolean; prefix: string; suffix: string; problem: string; max_length: number; visible_when?: { field: string; is: string } }
export interface ElementView { key: string; name: string; initials: string; category: string; gives: string; access: string[]; note?: string; auth: "oauth2" | "oauth1" | "basic" | "api_key" | "custom"; fields: FieldView[] }
export interface ConnectionView { id: string; name: string; element: string; product: string; initials: string; identity?: string; host?: string; tags: string[]; status: Status; last_code?: Code; created_at: number; renewed_at?: number; expires_at?: number; scopes: string[]; access: string[] }
export type AttemptStage = "waiting" | "finishing" | "unsaved" | "connected" | "failed" | "cancelled";
export interface AttemptView { id: string; element: string; product: string; initials: string; name: string; stage: AttemptStage; host: string; link: string; callback: string; paste_only: boolean; browser_opened: boolean; started_at: number; ends_at: number; connection?: string; failure?: Failure }
export interface SettingsView { appearance: Appearance; callback_port: number; data_folder: string; elements_folder: string; log_folder: string; version: string }
export interface KeychainView { name: string; state: KeychainState }  // name: "Keychain" | "Credential Manager" | "keyring"
export interface State { workspace: WorkspaceView; workspaces: WorkspaceView[]; connections: ConnectionView[]; attempts: AttemptView[]; keychain: KeychainView; settings: SettingsView }
export interface ConnectRequest { element: string; name: string; tags: string[]; values: Record<string, string> }
