// Before anything is painted: the theme that was chosen here; without one, the system's.
try {
  const chosen = localStorage.getItem("laminar.theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden.
}
