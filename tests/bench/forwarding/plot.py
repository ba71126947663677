"""Bars as SVG: a file for each case."""

import re
import statistics
from xml.sax.saxutils import escape

from forwarding import report

_WIDTH, _LEFT, _ROW, _TOP = 720, 190, 30, 50
_STYLE = "font-family:sans-serif;font-size:13px"


def bars(title, values):
    """An SVG of {label: (low, middle, high)}: a bar as long as the middle, a line from low to high."""
    most = max(high for _, _, high in values.values()) or 1
    scale = (_WIDTH - _LEFT - 70) / most
    parts = [f'<text x="10" y="28" style="{_STYLE};font-weight:bold">{escape(title)}</text>']
    for number, (label, (low, middle, high)) in enumerate(values.items()):
        top, center = _TOP + number * _ROW, _TOP + number * _ROW + 10
        color = "#2563a8" if label.startswith("Portico") else "#9aa5b1"
        parts += [
            f'<text x="{_LEFT - 8}" y="{center + 5}" text-anchor="end" style="{_STYLE}">{escape(label)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{middle * scale:.1f}" height="20" fill="{color}"/>',
            f'<line x1="{_LEFT + low * scale:.1f}" y1="{center}" x2="{_LEFT + high * scale:.1f}" '
            f'y2="{center}" stroke="black"/>',
            f'<text x="{_LEFT + high * scale + 6:.1f}" y="{center + 5}" style="{_STYLE}">{middle:.2f}</text>']
    height = _TOP + len(values) * _ROW + 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def file_name(case):
    return re.sub(r"\W+", "-", case.name.lower()) + ".svg"


def write(folder, results):
    for case in report.cases_of(results):
        values = {}
        for result in results:
            if result.case == case:
                rates = list(map(case.rate, result.windows))
                values[result.subject] = min(rates), statistics.median(rates), max(rates)
        unit = "connections" if case.counts_connections else "packets"
        (folder / file_name(case)).write_text(bars(f"{case.name}: million {unit} a second, one worker", values))
