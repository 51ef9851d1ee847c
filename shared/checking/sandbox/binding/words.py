"""What the names of parameters, attributes and results stand for, as people spell them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

SPELLINGS = {
    "X": "x xs xb xx input inputs inputdata inputlayer xtrain trainx xtr xdata datax data dataset features "
    "feature images xbatch batchx trainingdata traindata trainsetx trainxorig xassess a0 samples "
    "observations xy",
    "Y": "y ys yb yy t label labels target targets ytrain trainy ytr ydata ytrue truey truth ybatch batchy "
    "trainsety trainlabels expected expectedoutput desired groundtruth yassess outputs trainingoutputs "
    "actual",
    "XY": "batch minibatch examples pair data traindata trainingdata batchdata databatch example sample",
    "W1": "w1 theta1 weights1 weight1 wt1 wh whidden wih winputhidden weightsinputhidden weightsih "
    "weightsinputtohidden hiddenweights weightshidden win wxh syn0 fc1weight l1weight layer1weight "
    "hiddenweight w1s k1 linear1weight 0weight w01 hw inputweights inputhiddenweights wij fc1w linear1w "
    "l1w layer1w whid",
    "b1": "b1 bias1 biases1 bh bhidden hiddenbias hiddenbiases biash biashidden fc1bias l1bias layer1bias "
    "linear1bias 0bias bin b1s hb bih bhid inputbias fc1b linear1b l1b layer1b",
    "W2": "w2 theta2 weights2 weight2 wt2 wo wout who whiddenoutput weightshiddenoutput weightsho "
    "weightshiddentooutput outputweights weightsoutput woutput why syn1 fc2weight l2weight layer2weight "
    "outputweight outweight linear2weight 2weight w2s v k2 w12 ow hiddenoutputweights wjk fc2w linear2w "
    "l2w layer2w",
    "b2": "b2 bias2 biases2 bo bout boutput outputbias outputbiases biaso biasoutput fc2bias l2bias "
    "layer2bias linear2bias 2bias outbias ob bho by c fc2b linear2b l2b layer2b",
    "weights": "layers parameters params param weights weight thetas theta model net network nnparams nnparam p "
    "wandb ws modelparams parameter nn initialparameters initparams initialparams theparams w "
    "paramsvalues paramvalues",
    "Ws": "ws weights weight w thetas",
    "bs": "bs biases bias b",
    "sizes": "layersdims layerdims layersizes layersize sizes layers architecture dims topology layersdim nodes "
    "structure nnarchitecture shape arch neurons units size numneurons netsize layerssizes networksize "
    "dimensions",
    "n_x": "nx nninputdim inputsize inputdim ninputs ninput numinputs numinput din inputlayersize nfeatures "
    "numfeatures inputnodes inputneurons inputunits indim infeatures sizein insize nin d inputlayer ni "
    "input inputs features dim inputlayerneurons numberofinputs inputlayernodes idim inodes n0 "
    "numinputnodes",
    "n_h": "nh nnhdim nhdim hdims hiddensize hiddendim hidden hiddenunits nhidden numhidden h hiddenlayersize "
    "hiddennodes hiddenneurons hiddenlayer hiddenlayerunits nhiddenunits numhiddenunits "
    "hiddenlayerneurons sizehidden hid nunits units numunits hiddendims hiddensizes numberofhidden hdim "
    "hnodes n1 width hiddenlayers nhid hiddenlayernodes numhiddennodes k dhidden dhid",
    "n_y": "ny nnoutputdim outputsize outputdim noutputs noutput numoutputs numoutput dout outputlayersize "
    "numlabels numclasses nclasses outputnodes outputneurons outputunits outdim outfeatures sizeout "
    "outsize nout outputlayer no o output outputs classes c outputlayerneurons numberofoutputs "
    "outputlayernodes odim onodes n2 labels numoutputnodes",
    "m": "m n batchsize numexamples nexamples nsamples numsamples numberofexamples batch bs mtrain mbs",
    "rate": "learningrate lr alpha eta rate stepsize learnrate lrate step epsilon",
    "iterations": "numpasses passes numiterations iterations epochs niter numiters nepochs numepochs steps maxiter "
    "niterations iters nsteps numsteps epoch niters numepoch iteration numiter maxiterations maxepochs "
    "nepoch maxiters trainingiterations n",
    "zero": "lambd lambda lam lmbda reg l2 l2lambda lambdareg regularization weightdecay decay dropout "
    "dropoutrate pdrop momentum l1 l2reg regstrength regularizationstrength droprate lambdaa regparam "
    "mu l1lambda l2regularization gamma lambda1 lambda2 noise beta1 lamda regularizer "
    "regularizationparameter start offset batchidx batchindex idx index",
    "one": "keepprob keep keepprobability pkeep keepratio",
    "Generator": "rng generator gen random randomgenerator randomstate",
    "RandomState": "rng randomstate rnd rs prng random generator",
    "PRNGKey": "key rng prngkey rngkey randomkey prng k",
    "seed": "seed randomseed rngseed",
    "Z1": "z1 hiddeninput zh netinput1 zhidden",
    "A1": "a1 hrelu h hidden hiddenoutput h1 hiddenlayer layer1 activation1 hiddenactivation "
    "hiddenlayeroutput hiddenout hout layer1output l1 ah out1 hidlayer hiddenactivations z1a o1",
    "Z2": "z2 logits logit scores zo zout finalinput zoutput",
    "A2": "a2 al yhat ypred predy output outputs out o prob probs proba probabilities prediction predictions "
    "preds pred predicted finaloutput layer2 activation2 outputlayer a yp yout ypredicted layer2output "
    "l2 ao out2 yhats hypothesis outputactivation outputlayeroutput a3 o2 yhatt predictedoutput",
    "cache": "cache caches memory memo cached intermediates store ctx forwardcache fwdcache values state history "
    "activations forward forwardvalues forwardpass fwd internal tape saved",
    "cost": "cost loss j l costs error costvalue lossvalue e",
    "grads": "grads gradients grad gradient dparams derivatives deltas gradsvalues",
}

BEFORE = re.compile(
    r"d(l|j|c|e|cost|loss|err|error)?(_?wrt)?_?d?_?|d_?(l|j|c|e|cost|loss|error)_?(d|wrt)_?|grads?_?|gradients?_?|gradient_?of_?"
    r"|delta_?s?_?|nabla_?|g_?|grad_?wrt_?"
)
AFTER = re.compile(r"_?(grads?|gradients?|deltas?|prime|derivative|adjustment|d)")
"""What stands before or after the name of a weight where its gradient is meant: dE_dW1, delta_bias2, W1_grad."""


def reduced(name: str) -> str:
    """Leave out of a name what people spell differently: upper case, underscores, dots, brackets."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _known() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for role, spellings in SPELLINGS.items():
        for spelling in spellings.split():
            known[reduced(spelling)] = (*known.get(reduced(spelling), ()), role)
    return known


def roles_of(name: str) -> tuple[str, ...]:
    """Tell what a name may stand for, the most usual first; nothing if it is no usual name."""
    return _known().get(reduced(name), ())


def weight_of(name: str) -> str | None:
    """Tell which of W1 b1 W2 b2 a name means: "self.w_h", "params.theta1", "fc2.bias", "weights.0", "layers.1.b"."""
    parts = [part for part in re.split(r"[.\[\]'\"]+", name) if part]
    together = [] if not parts or parts[-1].isdigit() else ["".join(parts[-2:]), "".join(parts[-3:])]
    for text in (*parts[-1:], *together):
        found = [role for role in roles_of(text) if role in ("W1", "b1", "W2", "b2")]
        if found:
            return found[0]
    return _by_layer(parts)


def _by_layer(parts: list[str]) -> str | None:
    """Read a layer's number and a kind from different parts: layers.0.W, W.1, biases.0, layer2.bias."""
    numbers = [int(digits) for part in parts for digits in re.findall(r"\d+", part)]
    kinds = {kind for part in parts for kind in (kind_of(part),) if kind}
    if len(numbers) != 1 or len(kinds) != 1:
        return None
    return f"{kinds.pop()}#{numbers[0]}"


def kind_of(part: str) -> str | None:
    """Tell whether a name means weights, W, or biases, b, of whatever layer."""
    letters = re.sub(r"[^a-z]", "", part.lower())
    if letters in ("w", "ws", "weight", "weights", "theta", "thetas", "kernel", "wt", "dw", "nablaw", "coefs"):
        return "W"
    return "b" if letters in ("b", "bs", "bias", "biases", "db", "nablab", "intercepts") else None


def numbered(codes: Mapping[str, str | None]) -> dict[str, str]:
    """Make W1 b1 W2 b2 of what names mean, where the numbers of layers begin with whatever they begin with."""
    if any((code or "").endswith("#0") for code in codes.values()):  # then W1 is the second
        codes = {name: f"{code[0]}#{code[1]}" if code and "#" not in code else code for name, code in codes.items()}
    numbers: dict[str, set[int]] = {}
    for code in codes.values():
        kind, _, number = (code or "").partition("#")
        numbers.setdefault(kind, set()).update([int(number)] if number else [])
    found: dict[str, str] = {}
    for name, code in codes.items():
        kind, _, number = (code or "").partition("#")
        found |= {name: f"{kind}{sorted(numbers[kind]).index(int(number)) + 1}" if number else kind} if code else {}
    return found


def meanings(names: Iterable[str], of_gradients: bool = True) -> dict[str, str | None]:
    """Tell which gradients names mean: dW1, dE_dW1, fc1.weight.grad, nabla_w.0; and, if `of_gradients`, grads.W1."""
    codes = {name: gradient_of(name) or (weight_of(name) if of_gradients else None) for name in names}
    return {**dict.fromkeys(codes), **{name: f"d{of}" for name, of in numbered(codes).items()}}


def gradient_of(name: str) -> str | None:
    """Tell which weight a name means the gradient of; None if it is no gradient's name."""
    name = name.strip("[]'\"")
    prefix, dot, last = name.rpartition(".")
    for path, text in ((prefix + dot, last), ("", name)):
        for of in _without_mark(text.strip("[]'\"").lower()):
            if found := weight_of(of) or weight_of(path + of):
                return found
    return None


def are_gradients_of(names: Iterable[str]) -> set[str]:
    """Name those that are another of these names with the mark of a gradient: gU beside U."""
    known = {name.lower(): name for name in names}
    return {own for name, own in known.items() if any(of in known for of in _without_mark(name))}


def _without_mark(text: str) -> Iterator[str]:
    """Take what says that a gradient is meant off a name; what is left may be the name of a weight."""
    for end in range(len(text) - 1, 0, -1):
        if BEFORE.fullmatch(text[:end]):
            yield text[end:]
        if AFTER.fullmatch(text[-end:]):
            yield text[:-end].rstrip("._")
