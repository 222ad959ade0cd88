export {
  type Fdt,
  type FdtHeader,
  type FdtNode,
  type FdtProperty,
  type FdtReservation,
  type Note,
  parseFdt,
} from './fdt/index.ts';
