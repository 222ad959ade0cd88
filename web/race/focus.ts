/**
 * Make what is in an element anew. Whoever has the focus on a part of it keeps it, on the part that is called
 * the same afterwards: a keyboard would else begin at the top of the page after each step.
 */
export function keepingFocus(element: HTMLElement, remake: () => void): void {
  const before = document.activeElement;
  const key = before instanceof HTMLElement && element.contains(before) ? keyOf(before) : null;
  remake();
  if (key === null) return;
  const same = [...element.querySelectorAll<HTMLElement>('a, button, input, select, [tabindex]')];
  const able = same.filter((one) => !(one instanceof HTMLButtonElement && one.disabled));
  const next = able.find((one) => keyOf(one) === key) ?? able[0];
  next?.focus({ preventScroll: true });
}

function keyOf(element: HTMLElement): string {
  const { key } = element.dataset;
  const name = element.getAttribute('name') ?? element.getAttribute('aria-label');
  return `${element.tagName} ${key ?? name ?? element.textContent}`;
}
