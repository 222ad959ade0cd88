export { parseFdt } from './parse.ts';
export type { Fdt, FdtHeader, FdtNode, FdtProperty, FdtReservation, Note } from './types.ts';
