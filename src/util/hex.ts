/** `0x` and lower-case hex digits, the way the kernel prints numbers. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
