"""Where the files of a model in this process are: a folder beside the feature, or the user's Hugging Face cache."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import msgspec

from seatrial.core.errors import OutsideError, SpecError
from seatrial.core.identity import digest

EXTRA = "transformers"
PACKAGES = ("torch", "transformers")

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_OFF = frozenset({"0", "OFF", "NO", "FALSE"})

BLOCK = 1 << 16
STRIDE = 1 << 24
"""Bytes. Of a large file one block in each stride counts for its version: a model of 16 GB is known in a second, and
training, which changes every layer, does not go unnoticed.
"""


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """Which weights, and how they are loaded. `path` is a folder, or the name of a model on the Hugging Face hub."""

    path: str
    is_folder: bool
    revision: str | None = None
    device: str | None = None
    dtype: str | None = None


def find_weights(model: str, folder: Path, options: dict[str, str], *, file: str) -> Weights:
    """What `transformers/MODEL` names. A path is relative to the feature's folder; a name that is no folder is one of
    the hub's. Raises SpecError for what can be neither, OutsideError where the packages are not installed.
    """
    path = folder / model
    is_folder = path.is_dir()
    if is_folder and not (path / "config.json").is_file():
        raise SpecError(
            f"there is no model in {model}",
            file=file,
            expected="a folder with config.json, tokenizer.json and *.safetensors, as save_pretrained writes it",
        )
    if not is_folder and not _HUB_NAME.fullmatch(model):
        raise SpecError(
            f"there is no folder {model}", file=file, hint="a path is relative to the folder of feature.yaml"
        )
    if is_folder and "revision" in options:
        raise SpecError(f"revision: means nothing for the folder {model}", file=file, hint="take the key out")
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise OutsideError(
            f"transformers/{model} needs {' and '.join(missing)}", hint=f"pip install 'seatrial[{EXTRA}]'"
        )
    return Weights(path=str(path.resolve()) if is_folder else model, is_folder=is_folder, **options)


def may_download() -> bool:
    """Nothing is fetched unless the user's environment says that the hub may be asked, in Hugging Face's own words."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _OFF


def weights_version(path: Path) -> str | None:
    """The hash of a model folder's files; None when there is no such folder."""
    if not path.is_dir():
        return None
    files = sorted(each for each in path.iterdir() if each.is_file())
    return digest([(each.name, each.stat().st_size, _sampled(each)) for each in files])


def _sampled(path: Path) -> str:
    """The hash of a file up to one stride, of a larger one that of the first block of each."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= STRIDE:
            return digest(file.read())
        blocks = []
        for start in range(0, size, STRIDE):
            file.seek(start)
            blocks.append(digest(file.read(BLOCK)))
    return digest(blocks)
