import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig({ ignores: ["node_modules", "*.config.js"] }, tseslint.configs.strictTypeChecked, {
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    // A number in a sentence is printed as it is.
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
  },
});
