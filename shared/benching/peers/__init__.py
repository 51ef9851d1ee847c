"""Libraries that a user might pick for the same job: one short file each, written as its users write.

Every peer makes the same full-batch gradient descent from the same initial weights on the same data. A file has

    LIBRARY, LAYOUT                             what makes the two large products of a step, and in which layout
    begin(parameters, X, Y, settings) -> steps  steps(count) makes `count` steps and returns the cost before each

X is (n_x, m) in this suite, and peers take examples as rows: begin transposes X and the weights.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from shared.judging.verdict import listed
from shared.network import Array, DtypeName, InputError

Steps = Callable[[int], Array | Sequence[float]]


@dataclass(frozen=True)
class Peer:
    """What a peer is, where its file is, which packages and which environment variables it needs."""

    what: str
    module: str
    packages: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    no_float64: str = ""

    def absence(self, dtype: DtypeName) -> str:
        """Say why the peer cannot take part; an empty string if it can."""
        missing = [package for package in self.packages if not installed(package)]
        if missing:
            return f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} not installed; {INSTALL}"
        return self.no_float64 if dtype == "float64" else ""


def installed(package: str) -> str | None:
    """Return the version of a package that is installed; None if it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


HERE = "shared.benching.peers"

PEERS = {
    "sklearn": Peer("scikit-learn's MLPClassifier", f"{HERE}.sklearn_mlp", ("scikit-learn",)),
    "keras-jax": Peer("Keras 3 on JAX", f"{HERE}.keras_dense", ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "keras-torch": Peer(
        "Keras 3 on PyTorch",
        f"{HERE}.keras_dense",
        ("keras", "torch"),
        {"KERAS_BACKEND": "torch"},
        "in float64, because on PyTorch Keras makes its matrix products in float32",
    ),
    "flax": Peer("Flax with Optax", f"{HERE}.flax_optax", ("flax", "optax")),
    "torch-nn": Peer("PyTorch's nn.Sequential", f"{HERE}.torch_sequential", ("torch",)),
}

INSTALL = 'python -m pip install -e ".[bench]" installs the peers'


def chosen(names: str) -> dict[str, Peer]:
    """Split a list of peers, and check that each is known; `none` is not a peer.

    Raises
    ------
    InputError
        If there is no such peer, or one is named twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip() not in ("", "none")]
    for name in wanted:
        if name not in PEERS:
            raise InputError(f"there is no peer {name!r}; there are {', '.join(PEERS)}, or none")
        if wanted.count(name) > 1:
            raise InputError(f"--peers names {name} twice; name each peer once")
    return {name: PEERS[name] for name in wanted}
