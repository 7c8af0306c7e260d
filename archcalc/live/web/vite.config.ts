import { defineConfig } from "vitest/config";

// The names of the files stay the same from build to build, so that a change shows as a change of the same file.
const named = {
  entryFileNames: "assets/[name].js",
  chunkFileNames: "assets/[name].js",
  assetFileNames: "assets/[name][extname]",
};

export default defineConfig({
  // Relative addresses: the folder works below any path of a static host.
  base: "./",
  build: {
    outDir: "../site",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: { output: named },
  },
  worker: { format: "es", rolldownOptions: { output: named } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
