"""What is done to images: brain masks, Gaussian smoothing, and images in the space of others."""

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))


def in_space_of(image, values):
    """Return values as an image with the affine, units and voxel size of another."""
    header = image.header.copy()
    header.set_data_dtype(values.dtype)
    return type(image)(values, image.affine, header)


def bright(volumes, fraction):
    """Return where the mean over time exceeds a fraction of its median."""
    mean = volumes.mean(axis=-1)
    return mean > fraction * np.median(mean)


def gaussian(volume, fwhm, voxel_size):
    """Smooth one volume with a Gaussian of a full width at half maximum in mm."""
    sigma = [fwhm / FWHM_PER_SIGMA / size for size in voxel_size]
    return gaussian_filter(volume, sigma, mode="constant")


def smooth_inside(volumes, mask, fwhm, voxel_size):
    """Smooth each volume within a mask: voxels outside count as missing, not as dark."""
    weight = gaussian(mask.astype(float), fwhm, voxel_size)
    smoothed = [gaussian(volume * mask, fwhm, voxel_size) for volume in np.moveaxis(volumes, -1, 0)]
    return np.stack([np.divide(volume, weight, where=mask, out=np.zeros_like(weight)) for volume in smoothed], axis=-1)


def voxels(image):
    """Return the values of an image without a copy where that is possible."""
    return np.asanyarray(image.dataobj)


def millimetres(image, voxel):
    """Return where a voxel lies in the scanner, in mm, rounded to 0.1 mm."""
    return [round(float(x), 1) for x in nib.affines.apply_affine(image.affine, voxel)]
