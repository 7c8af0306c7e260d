import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

// The names of the files stay the same from build to build, so that a change shows as a change of the same file.
const named = {
  entryFileNames: "assets/[name].js",
  chunkFileNames: "assets/[name].js",
  assetFileNames: "assets/[name][extname]",
};

/** The licences of the packages whose code ends up in the page, as a file beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
      const folders = ids.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? "");
      const texts = [...new Set(folders)]
        .filter(Boolean)
        .sort()
        .map((folder) => {
          const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
            string,
            string
          >;
          const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
          return `${name ?? ""} ${version ?? ""}, ${license ?? ""}\n\n${file ? readFileSync(join(folder, file), "utf8") : ""}`;
        });
      if (texts.length)
        this.emitFile({ type: "asset", fileName: "licenses/page.txt", source: texts.join("\n---\n\n") });
    },
  };
}

export default defineConfig({
  // Relative addresses: the folder works below any path of a static host.
  base: "./",
  plugins: [licences()],
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
