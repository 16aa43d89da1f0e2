// Certificate files: PEM is text, DER (as Windows writes it) is not.

/** The most bytes that the program accepts, far above any company's bundle. */
export const MAX_FILE_SIZE = 64 * 1024;

/** Converts a file to PEM (RFC 7468 §2). What begins like DER is taken for DER; the program checks both. */
export function toPem(bytes: Uint8Array): string {
  // A DER certificate begins with a SEQUENCE whose length takes two more bytes (X.690 §8.1.3.5).
  if (bytes[0] !== 0x30 || bytes[1] !== 0x82) return new TextDecoder().decode(bytes);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

export function holdsPrivateKey(pem: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem);
}
