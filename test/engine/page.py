#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""page.py FILE: what a browser would make of a page of whittlectl audit, as JSON.

"rows" has of each row of the matrix its name, its classes and the text of its cells; "active" what could
run or be fetched: scripts, event attributes, and addresses other than those of the page itself.
"""

import html.parser
import json
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.rows, self.active, self.text = [], [], []
        self.cell = None
        self.in_body = False

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name.startswith("on") or (name in ("src", "href", "action", "data") and not (value or "").startswith("#")):
                self.active.append(f"{tag} {name}={value}")
        if tag in ("script", "iframe", "object", "embed", "link", "img", "svg", "form", "base"):
            self.active.append(tag)
        if tag == "tbody":
            self.in_body = True
        if tag == "tr" and self.in_body:
            self.rows.append({"class": dict(attributes).get("class", "").split(), "name": "", "cells": []})
        if tag in ("td", "th") and self.in_body:
            self.cell = (tag, [])

    def handle_endtag(self, tag):
        if tag == "tbody":
            self.in_body = False
        if tag in ("td", "th") and self.cell:
            text = "".join(self.cell[1])
            if tag == "th":
                self.rows[-1]["name"] = text
            else:
                self.rows[-1]["cells"].append(text)
            self.cell = None

    def handle_data(self, data):
        self.text.append(data)
        if self.cell:
            self.cell[1].append(data)


page = Page()
with open(sys.argv[1], encoding="utf-8") as file:
    page.feed(file.read())
json.dump({"rows": page.rows, "active": page.active, "text": "".join(page.text)}, sys.stdout)
