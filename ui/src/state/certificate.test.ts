import { expect, it } from "vitest";
import { toPem, holdsPrivateKey } from "./certificate";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

it("pem_stays_as_it_is", () => {
  expect(toPem(new TextEncoder().encode(PEM))).toBe(PEM);
});

it("der_becomes_pem", () => {
  const der = new Uint8Array([0x30, 0x82, 0x01, 0x00, ...Array.from({ length: 96 }, () => 7)]);
  const lines = toPem(der).trimEnd().split("\n");
  expect(lines.at(0)).toBe("-----BEGIN CERTIFICATE-----");
  expect(lines.at(-1)).toBe("-----END CERTIFICATE-----");
  expect(lines.slice(1, -1).every((line) => line.length <= 64)).toBe(true);
  expect(atob(lines.slice(1, -1).join(""))).toHaveLength(100);
});

it.each(["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])("a %s is recognized", (label) => {
  expect(holdsPrivateKey(`${PEM}-----BEGIN ${label}-----\n`)).toBe(true);
  expect(holdsPrivateKey(PEM)).toBe(false);
});
