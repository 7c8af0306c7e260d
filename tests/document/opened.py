"""A page in a real browser."""

from __future__ import annotations


class Opened:
    """A page in the browser, with all that it asked for and complained of."""

    def __init__(self, browser, folder, text, **options):
        (folder / "page.html").write_text(text)
        self.page = browser.new_page(**options)
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(f"file://{folder}/page.html")

    def column(self, place):
        cells = self.page.locator(f"tbody > tr:first-child > *:nth-child({place})").all_inner_texts()
        return [cell.strip() for cell in cells]
