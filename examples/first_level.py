"""A small first-level analysis of two subjects: mask, smoothing, linear model, clusters.

Run it twice: the second time everything is reused. Then try `--threshold 3` or `--fwhm 8`, or edit
a function in `filters.py`, and see which steps run again, and why.
"""

import argparse
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

import filters
import glm
from makeit import File, Maker
from makeit.cli.bids_init import Source, describe_dataset
from report import Report

report = Report()
make = Maker(plugins=[report])

# Each step names the file that keeps its result, as BIDS derivatives are named; {subject} gives every subject its own.
# An argument annotated `File` counts by the content of the file that it names. `sidecar=bids` describes an image in
# a JSON beside it: what it is, what it was made from, and by which code.


@make(output="derivatives/task-blocks_design.npy")
def design(scans: int, repetition_time: float):
    """Return the regressors of the experiment: scans x regressors."""
    return glm.block_design(scans, repetition_time)


@make(output="nifti:derivatives/{subject}/func/{subject}_task-blocks_desc-brain_mask.nii.gz?sidecar=bids")
def brain_mask(subject: str, bold: File):
    """Return the voxels that are bright enough to be brain, as 0 and 1."""
    image = nib.load(bold)
    inside = filters.bright(image.get_fdata(), fraction=0.8)
    return filters.in_space_of(image.slicer[..., 0], inside.astype(np.uint8))


@make(output="nifti-mmap:derivatives/{subject}/func/{subject}_task-blocks_desc-smooth_bold.nii?sidecar=bids")
def smooth(subject: str, bold: File, mask, fwhm: float):
    """Smooth every volume by `fwhm` mm inside the mask. The result is memory mapped, not read."""
    image = nib.load(bold)
    inside = filters.voxels(mask).astype(bool)
    volumes = filters.smooth_inside(image.get_fdata(), inside, fwhm, image.header.get_zooms()[:3])
    return filters.in_space_of(image, volumes.astype(np.float32))


@make(
    output={
        "effect": "nifti:derivatives/{subject}/func/{subject}_task-blocks_stat-effect_statmap.nii.gz?sidecar=bids",
        "z": "nifti:derivatives/{subject}/func/{subject}_task-blocks_stat-z_statmap.nii.gz?sidecar=bids",
    }
)
def fit(subject: str, smoothed, mask, regressors):
    """Return two maps: the effect of the task in the units of the scanner, and its z values."""
    inside = filters.voxels(mask).astype(bool)
    found = glm.least_squares(filters.voxels(smoothed)[inside].T.astype(float), regressors)
    maps = {}
    for name, values in zip(("effect", "z"), found, strict=True):
        volume = np.zeros(inside.shape, np.float32)
        volume[inside] = values
        maps[name] = filters.in_space_of(mask, volume)
    return maps


@make(output="json:derivatives/{subject}/func/{subject}_task-blocks_stat-z_clusters.json")
def clusters(subject: str, z, threshold: float):
    """List the connected clusters above a z threshold, the largest first."""
    values = filters.voxels(z)
    labels, count = ndimage.label(values > threshold)
    found = []
    for number in range(1, count + 1):
        peak = np.unravel_index(np.argmax(np.where(labels == number, values, -np.inf)), labels.shape)
        found.append(
            {
                "voxels": int((labels == number).sum()),
                "peak_z": round(float(values[peak]), 3),
                "peak_mm": filters.millimetres(z, peak),
            }
        )
    return sorted(found, key=lambda cluster: (-cluster["voxels"], -cluster["peak_z"]))


def raw_images(folder: Path) -> dict[str, Path]:
    """Put two raw images into a folder, unless they are there: a real one, and its mirror image in space and time."""
    paths = {subject: folder / subject / "func" / f"{subject}_task-blocks_bold.nii" for subject in ("sub-01", "sub-02")}
    image = nib.load(Path(nib.__file__).parent / "tests" / "data" / "functional.nii")
    for path, volumes in zip(paths.values(), (image.get_fdata(), image.get_fdata()[::-1, :, :, ::-1]), strict=True):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            nib.save(nib.Nifti1Image(volumes, image.affine, image.header), path)
    return paths


def dataset(folder: Path, raw: Path) -> None:
    """Make the folder of the results a BIDS dataset, with what a validator has to know beyond the single images."""
    describe_dataset(folder, name="First-level analysis of the task blocks", sources=[Source(str(raw), "raw")])
    texts = {
        # Of all smoothed images: by BIDS' principle of inheritance one file says it for both subjects.
        "task-blocks_desc-smooth_bold.json": '{"TaskName": "blocks", "SkullStripped": true}\n',
        # Statistical maps have no place in the released specification yet.
        ".bidsignore": "*_statmap.*\n*_clusters.json\n*_design.npy\n",
    }
    for name, text in texts.items():
        if not (folder / name).exists():
            (folder / name).write_text(text)


def analyse(subject: str, bold: Path, regressors, fwhm: float, threshold: float) -> list:
    """Bring the results of one subject up to date, and return its clusters."""
    mask = brain_mask(subject, bold)
    smoothed = smooth(subject, bold, mask, fwhm)
    maps = fit(subject, smoothed, mask, regressors)
    return clusters(subject, maps["z"], threshold)


def main() -> None:
    """Analyse both subjects in the folder `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fwhm", type=float, default=6.0, help="smoothing in mm (default: 6)")
    parser.add_argument("--threshold", type=float, default=2.3, help="of the z map (default: 2.3)")
    parser.add_argument("--out", type=Path, default=Path("first_level"), help="folder (default: ./first_level)")
    options = parser.parse_args()

    make.root = options.out  # relative outputs start here, and the records go to .makeit in it
    images = raw_images(options.out / "raw")
    dataset(options.out / "derivatives", options.out / "raw")
    header = nib.load(images["sub-01"]).header
    regressors = design(scans=header.get_data_shape()[3], repetition_time=float(header.get_zooms()[3]))
    for subject, bold in images.items():
        found = analyse(subject, bold, regressors, options.fwhm, options.threshold)
        largest = f", the largest at {found[0]['peak_mm']} mm with z = {found[0]['peak_z']}" if found else ""
        print(f"{subject}: {len(found)} clusters above z = {options.threshold:g}{largest}\n")
    print(report)


if __name__ == "__main__":
    main()
