"""What to do with a file of another kind: three lines of Python that make an HDF5 file of it."""

from pathlib import Path

from shared.data.files import one_line
from shared.network import Array

NEW = "with h5py.File({new!r}, 'w') as new: new['images'], new['labels'] = "

RECIPES = {
    "a MATLAB file": (
        (".mat",),
        """import h5py, scipy.io
old = scipy.io.loadmat({path!r})  # print(old.keys()) shows the names
"""
        + NEW
        + "old['X'], old['y']",
    ),
    "a pickle": (
        (".pkl", ".pickle", ".p"),
        """import h5py, pickle
old = pickle.load(open({path!r}, 'rb'))  # only if you trust it: a pickle can run any program
"""
        + NEW
        + "old['X'], old['y']",
    ),
    "a table of text": (
        (".csv", ".tsv", ".txt"),
        """import h5py, numpy as np
old = np.genfromtxt({path!r}, delimiter=',', skip_header=1)  # a header, then a row for each example, the label first
"""
        + NEW
        + "old[:, 1:], old[:, 0]",
    ),
    "a .npy file, which holds one array": (
        (".npy",),
        """import h5py, numpy as np
X, y = np.load({path!r}), np.load('labels.npy')  # each array is in a file of its own
"""
        + NEW
        + "X, y",
    ),
    "a file of PyTorch": (
        (".pt", ".pth"),
        """import h5py, torch
X, y = torch.load({path!r}, weights_only=True)  # two tensors, images and labels
"""
        + NEW
        + "X.numpy(), y.numpy()",
    ),
    "a folder": (
        (),
        """import h5py, numpy as np, pathlib; from PIL import Image
old = {{f: np.array(Image.open(f).convert('RGB').resize((64, 64))) for f in pathlib.Path({path!r}).glob('*/*.*')}}
"""
        + NEW
        + "[*old.values()], [f.parent.name.encode() for f in old]  # a folder of pictures for each class",
    ),
}
"""By the kind of file: the ends of its names, and what makes an HDF5 file of it."""

TWO_CLASSES = (
    """import h5py, numpy as np; old = {opened}({path!r})
X, y = old[{images!r}][()], old[{labels!r}][()]
"""
    + NEW
    + "X, y{test}  # {one} is 1, the rest is 0"
)
"""What makes two classes of more."""


def for_file(path: Path) -> tuple[str, str]:
    """Say what a file is by the end of its name, or that it is a folder; and how an HDF5 file is made of it."""
    for kind, (suffixes, recipe) in RECIPES.items():
        if path.suffix.lower() in suffixes or (not suffixes and path.is_dir()):
            return kind, recipe.format(path=one_line(path), new=f"{path.stem}.h5")
    return "", ""


def two_classes(path: Path, images: str, labels: str, values: Array, pick: str) -> str:
    """Say how to make two classes of more; `pick` takes the values out of the labels as they are stored."""
    npz, last = path.suffix == ".npz", max(values.tolist(), default="")
    one = repr(last.encode() if isinstance(last, str) and not npz else last)
    names = {"images": images, "labels": labels, "new": f"{path.stem}_two.h5"}
    opened = "np.load" if npz else "h5py.File"
    return TWO_CLASSES.format(opened=opened, path=one_line(path), test=f"{pick} == {one}", one=last, **names)
