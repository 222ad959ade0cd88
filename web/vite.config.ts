// `npm run page`: the page in dist/page, files only, which work from any folder of any file server.
import { join } from 'node:path';
import { defineConfig } from 'vite';
import { examples } from './build/examples.ts';
import { offline } from './build/offline.ts';

/** The functions of the model are told by their names. */
const named = { keepNames: true };

/** On a busy machine it warns of how long its own plugins take. */
const checks = { bundlerTimings: false };

const src = join(import.meta.dirname, '../src');

/** No module of src does anything by being there: of a row, what is used is taken. */
const treeshake = { moduleSideEffects: (id: string): boolean => !id.startsWith(`${src}/`) };

// A build is the same whatever it is started from, such as a test.
process.env.NODE_ENV = process.argv.includes('build') ? 'production' : 'development';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  // Of each of its files a line says little.
  logLevel: 'warn',
  plugins: [examples(), offline()],
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The browsers that it is for have it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { treeshake, checks, output: named },
  },
  worker: { format: 'es', rolldownOptions: { treeshake, checks, output: named } },
});
