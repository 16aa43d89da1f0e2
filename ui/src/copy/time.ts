// Times in words: relative up to a day, then the date. The exact time goes into `title`.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "always" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "medium" });

/** “3 minutes ago”, “in 18 minutes”, “12 November 2026”. */
export function relativeTime(at: number, now: number): string {
  const gap = at - now;
  const size = Math.abs(gap);
  // Single seconds would redraw the line all the time.
  if (size < 10 * SECOND) return gap <= 0 ? "just now" : "in a few seconds";
  if (size < MINUTE) return relative.format(Math.trunc(gap / (10 * SECOND)) * 10, "second");
  if (size < HOUR) return relative.format(Math.trunc(gap / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.trunc(gap / HOUR), "hour");
  return day.format(at);
}

/** “12 November 2026”. */
export function formatDate(at: number): string {
  return day.format(at);
}

/** To the second, for `title`. */
export function exactTime(at: number): string {
  return exact.format(at);
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** “30 seconds”, “2 minutes”; rounded up, so that it is never too early. */
export function waitWords(seconds: number): string {
  return seconds < 90 ? counted(seconds, "second") : counted(Math.ceil(seconds / 60), "minute");
}

/** “7 minutes slow”, for a computer whose clock is `skew` seconds behind others. */
export function clockWords(skew: number): string {
  const seconds = Math.abs(skew);
  const size =
    seconds < 90
      ? counted(seconds, "second")
      : seconds < 90 * 60
        ? counted(Math.round(seconds / 60), "minute")
        : seconds < 36 * 3600
          ? counted(Math.round(seconds / 3600), "hour")
          : counted(Math.round(seconds / 86_400), "day");
  return `${size} ${skew < 0 ? "fast" : "slow"}`;
}
