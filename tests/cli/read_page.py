#!/usr/bin/env python3
"""read_page.py [--with-script] FILE: the texts of an HTML page, a line each.

Fails on tags that are not closed in order, and on anything that a browser would fetch; on scripts,
too, unless they are allowed, and then they must stand in the page itself.
"""

import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}
MAY_SCRIPT = "--with-script" in sys.argv


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open_tags = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        if tag == "script" and not MAY_SCRIPT:
            sys.exit("<script> is in the page")
        if tag in {"link", "img", "iframe", "object", "embed", "base"}:
            sys.exit(f"<{tag}> is in the page")
        for name, value in attrs:
            if name in {"src", "href", "srcset", "action"} or "url(" in (value or ""):
                sys.exit(f"{name}={value} would be fetched")
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open_tags or self.open_tags.pop() != tag:
            sys.exit(f"</{tag}> closes nothing, line {self.getpos()[0]}")

    def handle_data(self, data):
        if data.strip() and self.open_tags[-1] not in {"style", "script"}:
            self.texts.append(data.strip())


page = Page()
page.feed(open(sys.argv[-1], encoding="utf-8").read())
page.close()
if page.open_tags:
    sys.exit(f"never closed: {page.open_tags}")
print("\n".join(page.texts))
