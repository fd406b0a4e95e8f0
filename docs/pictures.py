"""Draw the pictures of first-level.md from a run of the example: `python docs/pictures.py [--out FOLDER]`.

Slices are axial and shown from above (neurological convention: left is left), at their place in mm.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patheffects import withStroke

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples"))

import first_level  # noqa: E402

SUBJECT, FWHM, THRESHOLD = "sub-01", 6.0, 2.3
# Okabe and Ito's orange and blue are told apart with every kind of colour vision.
ORANGE, BLUE = "#E69F00", "#0072B2"
DPI = 120


def main():
    """Run the example in a folder of its own and draw what it made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "images", help="folder (default: docs/images)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 10, "figure.facecolor": "white", "savefig.dpi": DPI})
    with tempfile.TemporaryDirectory() as folder:
        results = analysed(Path(folder))
        for name, draw in (("mask", mask_picture), ("z", z_picture), ("peak", peak_picture)):
            figure = draw(results)
            figure.savefig(options.out / f"first-level-{name}.png", metadata={"Software": None})
            plt.close(figure)


def analysed(folder):
    """Return the images and numbers of one subject, each asked of the made function that keeps it."""
    first_level.make.root = folder
    bold = first_level.raw_images(folder / "raw")[SUBJECT]
    raw = nib.load(bold)
    time = float(raw.header.get_zooms()[3])
    design = first_level.design(scans=raw.shape[3], repetition_time=time)
    mask = first_level.brain_mask(SUBJECT, bold)
    smoothed = first_level.smooth(SUBJECT, bold, mask, FWHM)
    maps = first_level.fit(SUBJECT, smoothed, mask, design)
    found = first_level.clusters(SUBJECT, maps["z"], THRESHOLD)
    return {
        "mean": nib.Nifti1Image(raw.get_fdata().mean(axis=-1), raw.affine),
        "mask": mask,
        "smoothed": smoothed,
        "z": maps["z"],
        "design": design,
        "clusters": found,
        "time": time,
    }


def slices(image):
    """Yield (z in mm, values right by anterior, extent in mm) of each axial slice, x and y ascending."""
    shown = nib.as_closest_canonical(image)
    values, affine = np.asarray(shown.dataobj), shown.affine
    low = affine[:2, 3] - np.diag(affine)[:2] / 2
    high = low + np.diag(affine)[:2] * values.shape[:2]
    for number in range(values.shape[2]):
        yield affine[2, 3] + number * affine[2, 2], values[:, :, number].T, (low[0], high[0], low[1], high[1])


def outline(axes, inside, extent, **style):
    """Draw the edge of a mask along the edges of its voxels."""
    fine = np.kron(np.pad(inside, 1), np.ones((20, 20)))
    width, height = (extent[1] - extent[0]) / inside.shape[1], (extent[3] - extent[2]) / inside.shape[0]
    padded = (extent[0] - width, extent[1] + width, extent[2] - height, extent[3] + height)
    axes.contour(fine, levels=[0.5], extent=padded, **style)


def panels(results):
    """Return a figure with the mean image in three slices, the axes, and each slice's z and extent."""
    figure, row = plt.subplots(1, 3, figsize=(7.6, 4.0), sharey=True, layout="constrained")
    for axes, (height, values, extent) in zip(row, slices(results["mean"]), strict=True):
        gray = axes.imshow(values, cmap="gray", origin="lower", extent=extent, vmin=1500, vmax=5000)
        axes.set_title(f"axial slice at {height:.0f} mm", fontsize=10)
        axes.set_xlabel("x (mm)")
        axes.set_xlim(extent[:2])
        axes.set_ylim(extent[2:])
        for side, place in (("L", 0.04), ("R", 0.96)):
            mark = {"ha": "left" if side == "L" else "right", "va": "top", "weight": "bold", "color": "white"}
            text = axes.text(place, 0.97, side, transform=axes.transAxes, fontsize=12, **mark)
            text.set_path_effects([withStroke(linewidth=2.5, foreground="black")])
    row[0].set_ylabel("y (mm), anterior is up")
    return figure, row, gray


def mask_picture(results):
    """Draw the mean over time, and what lies outside the mask."""
    figure, row, gray = panels(results)
    for axes, (_, inside, extent) in zip(row, slices(results["mask"]), strict=True):
        outside = np.ma.masked_equal(inside == 0, False)
        axes.imshow(outside, cmap=ListedColormap([ORANGE]), alpha=0.35, origin="lower", extent=extent)
        outline(axes, inside == 0, extent, colors="black", linewidths=3.5)
        outline(axes, inside == 0, extent, colors=ORANGE, linewidths=2)
    figure.colorbar(gray, ax=row, orientation="horizontal", shrink=0.6, aspect=35, label="mean signal (scanner units)")
    figure.suptitle(f"{SUBJECT}: mean over time; orange: outside the mask (neurological: left is left)", fontsize=11)
    return figure


def z_picture(results):
    """Draw z over the mean image: the fainter, the nearer to 0; above the threshold with an edge."""
    figure, row, _ = panels(results)
    limit = 3.5
    for axes, (_, z, extent) in zip(row, slices(results["z"]), strict=True):
        faint = np.clip(np.abs(z) / THRESHOLD, 0, 1) ** 1.5
        shown = axes.imshow(z, cmap="RdBu_r", norm=Normalize(-limit, limit), alpha=faint, origin="lower", extent=extent)
        outline(axes, z > THRESHOLD, extent, colors="black", linewidths=2)
    scale = plt.cm.ScalarMappable(shown.norm, shown.cmap)
    bar = figure.colorbar(
        scale, ax=row, orientation="horizontal", shrink=0.6, aspect=35, label="z (standard normal); fainter below 2.3"
    )
    bar.ax.axvline(THRESHOLD, color="black", linewidth=2)
    figure.suptitle(f"{SUBJECT}: z over the mean; edged: z > {THRESHOLD} (neurological: left is left)", fontsize=11)
    return figure


def peak_picture(results):
    """Draw the smoothed signal at the highest z, and what the model makes of it."""
    z = np.asarray(results["z"].dataobj)
    peak = np.unravel_index(np.argmax(z), z.shape)
    place = [float(x) for x in nib.affines.apply_affine(results["z"].affine, peak)]
    series, design = np.asarray(results["smoothed"].dataobj)[peak].astype(float), results["design"]
    fitted = design @ np.linalg.lstsq(design, series, rcond=None)[0]
    seconds = np.arange(len(series)) * results["time"]
    figure, axes = plt.subplots(figsize=(7.6, 3.2), layout="constrained")
    block = first_level.glm.BLOCK_S
    for start in np.arange(block, seconds[-1] + results["time"], 2 * block):
        axes.axvspan(start, start + block, color="0.9", label="task" if start == block else None)
    axes.plot(seconds, series, "o", color=BLUE, label="smoothed signal")
    axes.plot(seconds, fitted, "-", color=ORANGE, linewidth=2, label="model")
    axes.set_xlabel("time (s)")
    axes.set_ylabel("signal (scanner units)")
    axes.set_xlim(-1, seconds[-1] + 1)
    axes.set_title(f"{SUBJECT}: the voxel at ({place[0]:.0f}, {place[1]:.0f}, {place[2]:.0f}) mm, z = {z[peak]:.2f}")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


if __name__ == "__main__":
    main()
