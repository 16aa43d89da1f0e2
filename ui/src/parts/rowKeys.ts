// Arrow keys, Home and End in lists. Tab still reaches every row.

export function onRowKeys(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused.dataset.row === undefined) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const index = rows.indexOf(focused);
  const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = rows[target ?? index];
  if (!row) return;
  event.preventDefault();
  row.focus();
}
