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


def keeps(run: Run, output: str | None, value: str) -> bool:
    """Tell whether a result is kept, and given back by another process, though nothing can be imported any more."""
    script = f"""
        import sys
        import nibabel as nib, numpy as np, pandas as pd, zarr
        from makeit import make

        nib.save({_IMAGE.format("Nifti1Image")}, "like.nii")

        class Refusing:
            def find_spec(self, name, *rest):
                raise ImportError(name)

        @make(output={output!r})
        def f():
            value = {value}
            print("run")
            sys.meta_path.insert(0, Refusing())
            return value

        f()
        print("kept")
    """
    return (run(script), run(script)) == ("run\nkept\n", "kept\n")


@pytest.mark.parametrize("spec", _RESULTS)
def test_E8_what_keeps_a_result_is_imported_before_the_function_runs(spec: str, run: Run) -> None:
    assert keeps(run, spec, _RESULTS[spec])


def test_what_a_plugin_cannot_import_beforehand_is_left_to_the_result_that_needs_it(run: Run) -> None:
    script = """
        import sys
        from makeit import Maker, hookimpl

        class Plugin:
            BEFOREHAND = {"makeit": ("no_such_module", "tabnanny"), "no_such_library": ("sndhdr",)}

            @hookimpl
            def makeit_fingerprint(self, value):
                return None

        class Other:
            BEFOREHAND = {"makeit": "colorsys", "sys": 3, 4: ("sndhdr", None)}

            @hookimpl
            def makeit_fingerprint(self, value):
                return None

        class Strange:
            @property
            def BEFOREHAND(self):
                raise RuntimeError

            @hookimpl
            def makeit_fingerprint(self, value):
                return None

        @Maker(plugins=[Plugin(), Other(), Strange()])
        def f(x):
            return sorted({"colorsys", "tabnanny", "sndhdr", "no_such_module"} & set(sys.modules))

        print({"colorsys", "tabnanny"} & set(sys.modules), f(1))
    """
    assert run(script) == "set() ['colorsys', 'tabnanny']\n"


_KEPT = {
    "array": "np.ones(3)",
    "arrays": "{'a': np.ones(3)}",
    "number": "np.float32(1.5)",
    "list": "[np.ones(3), {'a': nib.Nifti1Image(np.ones((2, 3, 4)), np.eye(4))}]",
    "image": _IMAGE.format("Nifti1Image"),
    "surface": _RESULTS["gifti:x.gii"],
    "dense": _CIFTI,
    "mgh": _IMAGE.format("MGHImage"),
    "frame": _FRAME,
    "folder": "zarr.create_array('in.zarr', data=np.ones(3), overwrite=True)",
}


@pytest.mark.parametrize("kind", _KEPT)
def test_E8_that_holds_for_results_without_a_file_name_of_the_libraries_that_are_loaded(kind: str, run: Run) -> None:
    assert keeps(run, None, _KEPT[kind])
