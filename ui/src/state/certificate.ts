// A certificate file as it is chosen: PEM is a text, DER (which Windows writes) is not.

/** Far above any bundle of a company; the program takes no more. */
export const FILE_MAX = 64 * 1024;

/** The file as PEM (RFC 7468 §2). Bytes that cannot be a text are taken for DER: the program judges both. */
export function asPem(bytes: Uint8Array): string {
  // A DER certificate begins with a SEQUENCE whose length takes two more bytes (X.690 §8.1.3.5).
  if (bytes[0] !== 0x30 || bytes[1] !== 0x82) return new TextDecoder().decode(bytes);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

export function holdsPrivateKey(pem: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem);
}
