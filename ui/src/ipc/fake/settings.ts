// The calls about settings.
import type { Appearance, CertificateView, Failure } from "../types";
import type { World } from "./world";

/** Makes one of two certificate authorities. */
export function certificate(index: number): CertificateView {
  const [subject = "", issuer = ""] =
    index === 0
      ? ["Acme Network Inspection CA", "Acme Network Inspection CA"]
      : ["Acme Holdings Regional Offices Issuing Authority 2", "Acme Root"];
  const sha256 = `${index}`.padStart(2, "0").repeat(32);
  return { subject, issuer, expires_at: Date.UTC(2031, 4, 3), sha256 };
}

const refusal = (name: string, detail: string): Failure => ({ code: "usage", name, detail });

export const settingCalls = (world: World) => ({
  setAppearance: async (appearance: Appearance) => world.changeSettings({ appearance }),

  setCallbackPort: async (port: number) => world.changeSettings({ callback_port: port }),

  async addCertificate(pem: string) {
    if (!pem.includes("BEGIN CERTIFICATE")) throw refusal("no_certificate", "the file holds no certificate");
    if (pem.includes("LEAF")) throw refusal("not_an_authority", "it is no certificate authority");
    if (pem.includes("EXPIRED")) throw refusal("expired", "it ended in 2024");
    const { certificates } = world.state.settings;
    world.changeSettings({ certificates: [...certificates, certificate(certificates.length)] });
  },

  async removeCertificate(sha256: string) {
    const { certificates } = world.state.settings;
    world.changeSettings({
      certificates: certificates.filter((certificate) => certificate.sha256 !== sha256),
    });
  },

  openFolder: async () => {},

  async repairIndex() {
    world.allow("state");
  },

  async unlockKeychain() {
    const { keychain } = world.state;
    // The user types the password.
    if (keychain.state === "locked") world.change(() => ({ keychain: { ...keychain, state: "ready" } }));
    return world.state.keychain;
  },
});
