# SPDX-License-Identifier: BSD-2-Clause
"""How every figure looks."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

INK, FAINT, GRID = "#22303c", "#8a949c", "#e4e7ea"
OURS = "#c8401f"
PEERS = ["#1b7f8c", "#3b5fa0", "#8e5ea2", "#4f8a3a", "#b0801c", "#6b7780", "#222222", "#c98ba7",
         "#7fb0d0"]
plt.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "trustncg", "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"], "font.size": 8.5, "text.color": INK, "axes.labelcolor": INK,
    "axes.edgecolor": FAINT, "xtick.color": INK, "ytick.color": INK, "axes.linewidth": 0.7,
    "xtick.major.width": 0.7, "ytick.major.width": 0.7, "axes.spines.top": False,
    "axes.spines.right": False, "axes.titlesize": 9, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.axisbelow": True, "grid.color": GRID,
    "grid.linewidth": 0.6})


def save(figure, stem):
    """As SVG and PNG; their names."""
    names = [f"{stem}.{kind}" for kind in ("svg", "png")]
    for name in names:
        figure.savefig(name, bbox_inches="tight", dpi=140,
                       metadata={"Date": None} if name.endswith("svg") else None)
    plt.close(figure)
    return names
