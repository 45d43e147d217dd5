import { createRoot } from "react-dom/client";

import "./styles/base.css";
import "./styles/shell.css";
import "./styles/pages.css";
import "./graph/graph.css";
import "./charts/charts.css";
import { App } from "./app";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
