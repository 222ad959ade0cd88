// Property-based tests draw the same values each time, so that a run can be repeated. Others are drawn with
// FWSPEC_SEED=n.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FWSPEC_SEED ?? 1) });
