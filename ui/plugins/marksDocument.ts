// Writes docs/marks.md.
import { readElements, readIcon } from "./icons.ts";

const HEAD = `# Marks

Written by \`npm run marks\` in \`ui/\`. Not to be edited.

The window shows the marks of products, in one colour, from [Simple Icons](https://simpleicons.org) VERSION. The collection is
in the public domain (CC0 1.0). The marks belong to their owners, and some are trademarks with terms of their own. Keyrack
shows a mark only to name its product. It is not affiliated with the owners, and they do not endorse it. An owner who does
not want a mark shown here can say so in an issue: the product then shows its initials.
`;

/** `version` is that of the package. */
export function marksDocument(version: string, elements = readElements()): string {
  const slugs = [...new Set(elements.values())].sort();
  const keysOf = (slug: string) => [...elements].flatMap(([key, other]) => (other === slug ? [key] : []));
  const rows = slugs.map((slug) => `| ${readIcon(slug).title} | ${slug} | ${keysOf(slug).join(", ")} |`);
  return `${HEAD.replace("VERSION", version)}
| Mark | Slug | Elements |
|---|---|---|
${rows.join("\n")}
`;
}
