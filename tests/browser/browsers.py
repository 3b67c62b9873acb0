"""Where the system keeps its Chromium, and how it is started: also by root, with nothing that calls home."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none",
)  # fmt: skip
