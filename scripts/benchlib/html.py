# SPDX-License-Identifier: BSD-2-Clause
"""Small pieces of HTML: well-formed as XML, so that a test can read the page."""
from html import escape

STYLE = """
body { font: 15px/1.45 -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; color: #22303c;
       background: #fff; max-width: 1160px; margin: 1.2rem auto 4rem; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .4rem; border-top: 1px solid #d5dade; padding-top: 1rem; }
p { max-width: 50rem; margin: .4rem 0; }
.lead { font-size: 1.02rem; }
.note { color: #5d6972; font-size: .84rem; }
.screen > div:first-child { max-width: 40rem; }
.screen { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2.2rem; }
@media (max-width: 900px) { .screen { display: block; } }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums;
        margin: .5rem 0; }
th, td { padding: .16rem .5rem; text-align: right; border-bottom: 1px solid #e8ebee;
         vertical-align: baseline; white-space: nowrap; }
th { font-weight: 600; border-bottom: 1px solid #9aa4ac; }
th.over { border-bottom: 0; text-align: center; padding-bottom: 0; }
th:first-child, td:first-child, .text { text-align: left; padding-left: 0; }
tr.ours td { font-weight: 600; color: #c8401f; }
td.worse { color: #c8401f; }
td.bad { color: #8a949c; }
td.wrap { white-space: normal; min-width: 14rem; }
figure { margin: .6rem 0; }
svg { width: 100%; height: auto; }
sup, sub { line-height: 0; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: #1b5f8c; }
code { font-size: .92em; }
"""


def cell(value, tag="td"):
    """A text, or (text, class)."""
    text, cls = value if isinstance(value, tuple) else (value, "")
    attribute = f' class="{cls}"' if cls else ""
    return f"<{tag}{attribute}>{text if text != '' else '&#160;'}</{tag}>"


def table(heads, rows, ours=(), above=()):
    """`ours`: the numbers of the rows to set off; `above`: (text, columns) over the heads."""
    upper = "".join(f'<th colspan="{n}" class="over">{text or "&#160;"}</th>' for text, n in above)
    lines = ["<table>", "<thead>" + (f"<tr>{upper}</tr>" if upper else "") + "<tr>"
             + "".join(cell(h, "th") for h in heads) + "</tr></thead>", "<tbody>"]
    for k, row in enumerate(rows):
        start = '<tr class="ours">' if k in ours else "<tr>"
        lines.append(start + "".join(cell(c) for c in row) + "</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def paragraph(text, cls=""):
    return f'<p class="{cls}">{text}</p>' if cls else f"<p>{text}</p>"


def folded(title, body):
    return f"<details><summary>{title}</summary>{body}</details>"


def section(title, *parts):
    return f"<section><h2>{title}</h2>\n" + "\n".join(parts) + "\n</section>"


def page(title, *parts):
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
            f'<meta name="viewport" content="width=device-width"/><title>{escape(title)}</title>'
            f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body></html>\n")
