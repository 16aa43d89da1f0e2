// Why a certificate was not added. The program names the reason; the window itself finds private keys, so that they
// never leave it.
import type { Failure } from "../ipc/types";
import type { ErrorCopy } from "./errors";

const REASONS = {
  private_key: {
    title: "This is a private key",
    body: "It must stay with whoever made it, so it was not taken. Ask for the certificate of the authority instead.",
  },
  no_certificate: {
    title: "The file holds no certificate",
    body: "Choose a file that ends in .pem, .crt or .cer, as your administrator gives it out.",
  },
  too_large: {
    title: "The file is too large",
    body: "A certificate takes a few thousand characters. Choose the file of the authority alone.",
  },
  not_an_authority: {
    title: "This certificate vouches for nobody",
    body: "It belongs to a single server. Ask for the certificate of the authority that issued it.",
  },
  names_no_server: {
    title: "This certificate names no server",
    body: "It does not say which server it is for. Ask whoever runs the server for one that names its address.",
  },
  expired: {
    title: "This certificate has ended",
    body: "Nothing can be checked with it any more. Ask for the current one.",
  },
  unusable: {
    title: "This certificate can’t be used",
    body: "Something in it can’t be read. Ask for it anew; the details say what is wrong.",
  },
};

/** Returns the words for a refusal; undefined where those of its code will do. */
export function certificateCopy(failure: Failure): ErrorCopy | undefined {
  if (failure.code !== "usage") return undefined;
  const words = REASONS[failure.name as keyof typeof REASONS] ?? REASONS.unusable;
  return { ...words, button: { label: "Choose another", does: "edit" }, move: "administrator" };
}

export const PRIVATE_KEY: Failure = { code: "usage", name: "private_key" };
export const TOO_LARGE: Failure = { code: "usage", name: "too_large" };
