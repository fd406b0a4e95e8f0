"""All that a result needs once it is there is imported before the function runs: no import may lose it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]

_IMAGE = "nib.{}(np.ones((2, 3, 4), np.float32), np.eye(4))"
_MASK = "nib.cifti2.BrainModelAxis.from_mask(np.ones((2, 2, 2), bool), affine=np.eye(4))"
_CIFTI = f"nib.Cifti2Image(np.ones((1, 8), np.float32), header=(nib.cifti2.ScalarAxis(['a']), {_MASK}))"
_FRAME = "pd.DataFrame({'a': [1, 2], 'b': pd.Categorical(['x', 'y']), 't': pd.to_datetime(['2020', '2021'])})"
_RESULTS = {
    "json:x.json": "{'a': [1]}",
    "text:x.txt": "'a'",
    "pickle:x.pkl": "{1, 2}",
    "npy:x.npy": "np.ones(3)",
    "npy:x.npy?mmap_mode=r": "np.ones(3)",
    "npz:x.npz": "{'ä': np.ones(3)}",
    "npz:x.npz?compressed=true": "{'a': np.ones(3)}",
    "nifti:x.nii": _IMAGE.format("Nifti1Image"),
    "nifti:x.nii.gz": _IMAGE.format("Nifti1Image"),
    "nifti:x.nii.zst": _IMAGE.format("Nifti1Image"),
    "nifti:y.nii.gz?like=like.nii": "np.ones((2, 3, 4))",
    "nifti:x.img": _IMAGE.format("Nifti1Pair"),
    "nifti:z.nii?sidecar=bids": _IMAGE.format("Nifti2Image"),
    "nifti-mmap:x.nii": _IMAGE.format("Nifti1Image"),
    "gifti:x.gii": "nib.GiftiImage(darrays=[nib.gifti.GiftiDataArray(np.ones(3, np.float32))])",
    "cifti:x.dscalar.nii": _CIFTI,
    "mgh:x.mgz": _IMAGE.format("MGHImage"),
    "csv:x.csv": "pd.DataFrame({'a': [1, 2]})",
    "parquet:x.parquet": _FRAME,
    "feather:x.feather": _FRAME,
    "zarr:x.zarr": "np.ones(3)",
}


@pytest.mark.parametrize("spec", _RESULTS)
def test_E8_what_keeps_a_result_is_imported_before_the_function_runs(spec: str, run: Run) -> None:
    script = f"""
        import sys
        import nibabel as nib, numpy as np, pandas as pd
        from makeit import make

        nib.save({_IMAGE.format("Nifti1Image")}, "like.nii")

        class Refusing:
            def find_spec(self, name, *rest):
                raise ImportError(name)

        @make(output={spec!r})
        def f():
            value = {_RESULTS[spec]}
            print("run")
            sys.meta_path.insert(0, Refusing())
            return value

        f()
        print("kept")
    """
    assert run(script) == "run\nkept\n"
    assert run(script) == "kept\n"
