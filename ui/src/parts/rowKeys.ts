// Arrow keys, Home and End inside the lists of a screen. Tab still reaches every row: the arrows are a shortcut.

export function onRowKeys(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused.dataset.row === undefined) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.indexOf(focused);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key] ?? at;
  const row = rows[to];
  if (!row) return;
  event.preventDefault();
  row.focus();
}
