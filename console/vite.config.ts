import { defineConfig } from "vite";

// `npm run dev` shows this folder's state on a server that runs already.
const server = process.env["LAMINAR_SERVER"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  esbuild: { jsx: "automatic" },
  server: { proxy: { "/v1": { target: server, changeOrigin: true } } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy takes nothing that stands in it
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (/node_modules\/(@codemirror|@lezer|style-mod|w3c-keyname|crelt|@marijn)/.test(id)) return "codemirror";
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) return "react";
          return undefined;
        },
      },
    },
  },
});
