// Before the first paint: the theme that was chosen, so that nothing flashes. A file of its own, since inline scripts are forbidden.
try {
  const theme = localStorage.getItem('oneclass.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // no storage: the system's theme
}
