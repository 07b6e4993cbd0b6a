// French typography of the few figures a page computes itself (the sum of ticked rows).
const NARROW = "\u202f";
const NO_BREAK = "\u00a0";

export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, NARROW);
}

// Cents are integers far below 2^53: nothing here rounds.
export function euros(cents) {
  const sign = cents < 0 ? "\u2212" : "";
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, "0");
  return `${sign}${grouped(whole)},${rest}${NO_BREAK}€`;
}
