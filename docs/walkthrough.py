# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The network, step by step
#
# This notebook builds up the network of this repository piece by piece, with the functions that the comparison itself
# uses. To run it, be in the repository's folder and type, on a machine that has Python 3.11 or later:
#
#     python -m pip install -e . && python compare.py
#     python -m pip install -e ".[test]" && python -m pytest
#
# The first line installs what the cells below need, and compares the three frameworks; the second brings the kernel
# that runs a notebook, and the tests, which run this notebook too. VS Code opens it, and so does JupyterLab.

# %%
import matplotlib.pyplot as plt
import numpy as np

import implementations
from shared.comparing.answers import answers
from shared.data import dataset, default_data, weights
from shared.judging.judge import Judge
from shared.network import Parameters, Settings

# %% [markdown]
# ## The photographs
#
# 209 pictures to learn from, 50 to be tested on, each of 64 x 64 gray pixels. Every picture becomes a *column* of X:
# 4096 numbers. Y holds the labels, 1 for cat and 0 for anything else.

# %%
data = dataset.load(*default_data.paths())
X, Y = data.train.X, data.train.Y
print("X", X.shape, " Y", Y.shape, " cats:", int(Y.sum()))


# %%
def show(columns, titles, **how):
    """Show columns of 4096 numbers as pictures."""
    _, axes = plt.subplots(1, len(titles), figsize=(1.6 * len(titles), 2))
    for axis, column, title in zip(axes, columns.T, titles, strict=True):
        axis.imshow(column.reshape(data.train.image_shape), cmap="gray", **how)
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    plt.show()


some = [0, 20, 40, 80, 120, 140, 170, 200]
show(X[:, some], ["cat" if Y[0, i] else "not" for i in some])

# %% [markdown]
# ## One unit: z = wx + b
#
# A unit multiplies each pixel by a weight, adds everything up, and adds a bias. Nothing else. We draw small random
# weights for 8 such units, and compute what the first one makes of the first picture.

# %%
start = weights.draw(n_x=4096, n_h=8, seed=1, dtype="float64")
z = sum(start.W1[0, k] * X[k, 0] for k in range(4096)) + start.b1[0, 0]
z

# %% [markdown]
# All units and all pictures at once are a matrix product: equation 1 of [derivation.md](derivation.md). The same number
# stands in the upper left corner.

# %%
Z1 = start.W1 @ X + start.b1
assert np.isclose(Z1[0, 0], z)
Z1.shape

# %% [markdown]
# ## Forward: from a picture to a probability
#
# Negative values become 0 (relu), a ninth unit looks at the 8 results, and the sigmoid makes a probability of its sum.
# `forward` does all of it. Untrained, the network says "one half" about everything.

# %%
numpy = implementations.load("numpy")
seen = numpy.forward(start, X)
for name, values in seen._asdict().items():
    print(name, values.shape, "from", values.min().round(4), "to", values.max().round(4))
assert np.abs(seen.A2 - 0.5).max() < 0.02

# %% [markdown]
# ## The cost: how wrong is it?
#
# For each picture, minus the logarithm of the probability that it gave to the truth; then the mean. Somebody who always
# says "one half" pays log(2).

# %%
cost = numpy.cost(start, X, Y)
assert abs(cost - np.log(2)) < 0.01
print(cost, "log(2) is", np.log(2))

# %% [markdown]
# ## Backward: which way is down?
#
# `gradients` gives the derivative of the cost with respect to every weight. Is it right? Move one weight a little, both
# ways, and see what the cost does.

# %%
d = numpy.gradients(start, X, Y)


def cost_with(change):
    """The cost after a change of one weight."""
    W1 = start.W1.copy()
    W1[3, 2000] += change
    return numpy.cost(Parameters(W1, *start[1:]), X, Y)


quotient = (cost_with(1e-4) - cost_with(-1e-4)) / 2e-4
assert np.isclose(d.dW1[3, 2000], quotient, rtol=1e-3)
print("gradient", d.dW1[3, 2000], " quotient", quotient)

# %% [markdown]
# ## A step, and many of them
#
# A step moves every weight a little against its derivative. The cost falls.

# %%
after = numpy.step(start, X, Y, learning_rate=0.0075)
assert numpy.cost(after, X, Y) < cost
print("before", cost, " after", numpy.cost(after, X, Y))

# %%
training = numpy.train(start, X, Y, Settings(iterations=1000))
plt.figure(figsize=(6, 3))
plt.plot(training.costs)
plt.xlabel("step")
plt.ylabel("cost")
plt.show()
assert training.costs[-1] < training.costs[0] / 2

# %% [markdown]
# ## What did it learn?
#
# Each hidden unit has one weight for each pixel, so its weights are a picture too. They began as noise, and much of
# that is still there, so here is what the training has added: light where a unit likes bright pixels, dark where it
# likes dark ones.

# %%
trained = training.parameters
show((trained.W1 - start.W1).T, [f"unit {j}" for j in range(1, 9)])

# %% [markdown]
# And what does it say of pictures that it has never seen? These are the ones where it is furthest off.


# %%
def share_right(examples):
    """How many of the labels it finds."""
    return np.mean((numpy.forward(trained, examples.X).A2 > 0.5) == examples.Y)


print(f"{share_right(data.train):.1%} of the training pictures, {share_right(data.test):.1%} of the test pictures")
assert share_right(data.train) > share_right(data.test) > 0.66

A2 = numpy.forward(trained, data.test.X).A2
furthest = np.argsort(-np.abs(A2 - data.test.Y)[0])[:8]
names = ["cat" if y else "not" for y in data.test.Y[0]]
show(data.test.X[:, furthest], [f"{names[i]}, says {A2[0, i]:.2f}" for i in furthest])

# %% [markdown]
# ## Three frameworks, one truth
#
# PyTorch and JAX find the derivatives by themselves. How far are they from ours?

# %%
for name in ("torch", "jax"):
    theirs = implementations.load(name).gradients(start, X, Y)
    print(name, "dW1 differs from ours by at most", np.abs(theirs.dW1 - d.dW1).max())

# %% [markdown]
# Not exactly 0, so who is right? Weights and pixels are exact numbers, so each quantity has one true value. The judge
# encloses it, with a proof, and knows what rounding may do. That is the table which `python compare.py` prints.

# %%
standard = Judge(X, Y, "relu").at(start)
for name in implementations.REGISTRY:
    given = answers(implementations.load(name), start, X, Y, "relu")
    judged = standard.judge_all(given.values)
    assert {entry.verdict for entry in judged.values()} == {"agrees"}
    print(name, "dW1:", judged["dW1"].verdict, " error", judged["dW1"].max_error, " allowed", judged["dW1"].bound)

# %% [markdown]
# ## Go on
#
# - Make a mistake on purpose: copy `gradients` and forget a transpose or the 1/m, and let
#   `python compare.py check my_backprop.py` find it ([check.md](check.md)).
# - Start from weights that are all 0 (`Parameters(*(0 * V for V in start))`). Why does only b2 move?
# - Train with `Settings(learning_rate=0.1)`. What happens to the curve, and why?
# - Follow every formula in [derivation.md](derivation.md), with pencil and paper.
