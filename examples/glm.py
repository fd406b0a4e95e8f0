"""The general linear model of one subject: a block design, ordinary least squares, z values."""

import numpy as np
from scipy import stats

BLOCK_S = 10.0
STEP_S = 0.1


def response(seconds):
    """Return the usual double-gamma haemodynamic response: a peak at 5 s, an undershoot at 15 s."""
    return stats.gamma.pdf(seconds, 6) - stats.gamma.pdf(seconds, 16) / 6


def block_design(scans, repetition_time):
    """Return scans x 4: the expected response to blocks of rest and task, two drifts, the constant."""
    fine = np.arange(0, scans * repetition_time, STEP_S)
    task = (fine // BLOCK_S) % 2
    expected = np.convolve(task, response(np.arange(0, 32, STEP_S)) * STEP_S)[: len(fine)]
    drift = np.linspace(-1, 1, scans)
    at_scans = np.interp(np.arange(scans) * repetition_time, fine, expected)
    return np.column_stack([at_scans, drift, drift**2 - np.mean(drift**2), np.ones(scans)])


def least_squares(series, design):
    """Return the effect of the first regressor on each column of scans x voxels, and its z value."""
    inverse = np.linalg.pinv(design)
    betas = inverse @ series
    degrees = len(design) - np.linalg.matrix_rank(design)
    variance = ((series - design @ betas) ** 2).sum(axis=0) / degrees
    t = betas[0] / np.sqrt(variance * (inverse[0] @ inverse[0]))
    # The tail, not 1 - cdf: large t would all become z = inf.
    return betas[0], np.sign(t) * stats.norm.isf(stats.t.sf(np.abs(t), degrees))
