#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws what `make run` solved: plot_run.py FOLDER makes surface.png and convergence.png there."""
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

VEC_CLASSID = 1211214
INK = "#22303c"
COLOURS = {"minsurf": "#1b7f8c", "logistic": "#c8553d"}
TITLES = {"minsurf": "minimal surface", "logistic": "Fashion-MNIST classifier"}


def read_vec(path):
    """A PETSc binary Vec; its indices have 4 or 8 bytes."""
    data = path.read_bytes()
    for index, start in ((">i4", 8), (">i8", 16)):
        head = np.frombuffer(data[:start], index)
        if head[0] == VEC_CLASSID and len(data) == start + 8 * head[1]:
            return np.frombuffer(data, ">f8", offset=start).astype(float)
    raise SystemExit(f"{path}: not a PETSc Vec of doubles")


def enneper(x, y):
    """Height of Enneper's surface over (x, y): u and v by Newton's method."""
    u, v = x.copy(), -y
    for _ in range(20):
        r = u + u * v * v - u**3 / 3 - x
        s = -v - u * u * v + v**3 / 3 - y
        a, b, c, d = 1 + v * v - u * u, 2 * u * v, -2 * u * v, v * v - u * u - 1
        det = a * d - b * c
        u, v = u - (d * r - b * s) / det, v - (a * s - c * r) / det
    return u * u - v * v


def with_boundary(interior):
    """The grid over [-1/2, 1/2]^2, the unknowns inside and the given values around them."""
    ny, nx = interior.shape
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, nx + 2), np.linspace(-0.5, 0.5, ny + 2))
    z = enneper(x, y)
    z[1:-1, 1:-1] = interior
    return x, y, z


def draw_surface(folder, run):
    values = read_vec(folder / "minsurf.bin")
    side = round(len(values) ** 0.5)
    x, y, z = with_boundary(values.reshape(side, side))
    step = max(1, side // 200)
    figure = plt.figure(figsize=(9, 7))
    axes = figure.add_subplot(projection="3d", computed_zorder=False)
    light = matplotlib.colors.LightSource(azdeg=290, altdeg=60)
    colours = light.shade(z, plt.cm.viridis, vert_exag=1, dx=1 / side, dy=1 / side,
                          blend_mode="soft", fraction=0.45)
    axes.plot_surface(x, y, z, facecolors=colours, rstride=step, cstride=step, linewidth=0,
                      antialiased=False, zorder=1)
    for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        axes.plot(x[edge], y[edge], z[edge], color=COLOURS["logistic"], linewidth=2, zorder=2)
    axes.set(xlabel="x", ylabel="y", zlabel="height")
    axes.set_box_aspect((1, 1, 0.4), zoom=0.88)
    axes.view_init(elev=50, azim=-62)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_visible(False)
    axes.locator_params(nbins=5)
    axes.set_title(f"The surface of least area within Enneper's boundary (red)\n"
                   f"{len(values):,} unknowns, area {run['f']:.8g}, "
                   f"{run['gradient_equivalents']:.0f} gradient-equivalents, "
                   f"{run['seconds']:.1f} s on {run['ranks']} ranks", color=INK, fontsize=11)
    return save(figure, folder / "surface.png")


def draw_convergence(folder, runs):
    figure, axes = plt.subplots(figsize=(8, 5))
    for name, run in runs.items():
        path = folder / f"{name}.csv"
        rows = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
        relative = rows["gnorm"] / run["gnorm0"]
        axes.semilogy(rows["gradient_equivalents"], relative, marker="o", markersize=3.5,
                      linewidth=1.4, color=COLOURS[name],
                      label=f"{TITLES[name]}, {run['n']:,} unknowns, {run['iterations']} iterations")
    axes.axhline(1e-6, color=INK, linewidth=0.8, linestyle="--")
    axes.text(0.99, 1.15e-6, "stop", color=INK, ha="right", va="bottom", fontsize=9,
              transform=axes.get_yaxis_transform())
    axes.set(xlabel="work in gradient-equivalents", ylabel="gradient norm relative to the start",
             title="Convergence of trustncg")
    axes.set_xlim(left=0)
    axes.grid(True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return save(figure, folder / "convergence.png")


def save(figure, path):
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)
    return path


def main(folder):
    runs = {name: json.loads((folder / f"{name}.json").read_text())
            for name in COLOURS if (folder / f"{name}.json").exists()}
    made = []
    if (folder / "minsurf.bin").exists():
        made.append(draw_surface(folder, runs["minsurf"]))
    histories = {name: run for name, run in runs.items() if (folder / f"{name}.csv").exists()}
    if histories:
        made.append(draw_convergence(folder, histories))
    print("Pictures:", *made if made else ["none, the solves wrote nothing to draw"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: plot_run.py FOLDER")
    main(Path(sys.argv[1]))
