"""A released network as the start of another: its ONNX (batch norm folded in) -> a checkpoint that train.py goes on
from.

  warm.py --from model.onnx --views VIEWS --targets TARGETS --info targets.json --out RUN [--count 1000]

A release of this network (`oc-s3`) is read whole. Of `oc-s2`, which ends at stride 16, the layers up to there are
read, and the stage at stride 32 starts at random. Folded biases become batch norms again: their statistics are
measured on views, their scale and shift chosen so that nothing changes. The heads are fitted by ridge regression."""

import argparse
import os

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from augment import normalise
from shards import Shards
from student import Block, Pair
from train import COMPONENTS, POOLED_POWER


def convolutions(net):
    """(convolution, batch norm) pairs in the order in which a trace meets them, up to the last layer."""
    pairs = []
    for layer in [*net.low, *net.mid, *net.high, *net.deep, net.top]:
        if isinstance(layer, Block):
            pairs += [(part[0], part[1]) for part in layer.body]
            pairs += [(layer.shortcut[0], layer.shortcut[1])] if layer.shortcut is not None else []
        else:
            pairs.append((layer[0], layer[1]))
    return pairs


def stored_convolutions(path):
    """[(weight, bias)] of an ONNX file in the order of its graph; weights may be float16 behind a Cast."""
    graph = onnx.load(path).graph
    stored = {t.name: numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    cast = {node.output[0]: node.input[0] for node in graph.node if node.op_type == 'Cast'}
    read = lambda name: torch.from_numpy(stored[cast.get(name, name)].copy())
    return [(read(node.input[1]), read(node.input[2])) for node in graph.node if node.op_type == 'Conv']


def copy_weights(net, path):
    """Fills the layers whose shapes agree, in order, until one does not. -> the batch norms that were filled."""
    filled = []
    for (weight, bias), (layer, norm) in zip(stored_convolutions(path), convolutions(net)):
        if layer.weight.shape != weight.shape:
            break
        layer.weight.copy_(weight)
        norm.weight.fill_(1)
        norm.bias.copy_(bias)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        filled.append(norm)
    return filled


def measure_norms(net, filled, images):
    """Gives every batch norm the statistics of what reaches it; those in `filled` go on computing what they did."""
    sums = {}

    def note(norm, inputs, _):
        total = sums.setdefault(norm, [0, 0, 0])
        x = inputs[0].double()
        total[0] += x.sum((0, 2, 3))
        total[1] += (x * x).sum((0, 2, 3))
        total[2] += x.numel() / x.shape[1]

    norms = [norm for _, norm in convolutions(net) if norm in filled]
    hooks = [norm.register_forward_hook(note) for norm in norms]
    net.eval()
    for first in range(0, len(images), 50):
        net(images[first : first + 50])
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean = sums[norm][0] / sums[norm][2]
        variance = (sums[norm][1] / sums[norm][2] - mean * mean).clamp_min(1e-10)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.bias.add_(mean.float())
        norm.weight.copy_((variance.float() + norm.eps).sqrt())


def ridge(x, y, strength=1e-3):
    """Weight (outputs, inputs) and bias of the regularised linear map from x (n, inputs) to y (n, outputs)."""
    x, y = torch.cat([x, torch.ones(len(x), 1)], 1).double(), y.double()
    gram = x.T @ x
    gram += strength * gram.diagonal().mean() * torch.eye(len(gram), dtype=torch.float64)
    solution = torch.linalg.solve(gram, x.T @ y)
    return solution[:-1].T.float(), solution[-1].float()


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    for key in ('from', 'views', 'targets', 'info', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    torch.manual_seed(options.seed)
    shards = Shards(options.views, options.targets, options.info)
    pair = Pair(shards.info['map7']['channels'], shards.info['map14']['channels'], COMPONENTS)
    net, heads = pair.net, pair.heads
    filled = copy_weights(net, getattr(options, 'from'))
    rows = shards.index[np.random.default_rng(0).permutation(len(shards.index))[: options.count]]
    views, _, map14, pooled = shards.batch(rows)
    images = normalise(views.float() / 255)
    before = net.eval()(images[:20])[2]
    measure_norms(net, filled, images)
    after = net(images[:20])[2]
    print(len(filled), 'layers read; the map at stride 16 is unchanged within', (after - before).abs().max().item())
    outputs = [net(images[first : first + 50]) for first in range(0, len(images), 50)]
    high, top = torch.cat([o[2] for o in outputs]), torch.cat([o[3] for o in outputs])
    rows_of = lambda t: t.permute(0, 2, 3, 1).reshape(-1, t.shape[1])
    target = nn.functional.interpolate(map14, size=high.shape[2:], mode='bilinear', antialias=True)
    mean, projection = shards.pooled_basis(COMPONENTS, POOLED_POWER)
    torch.save((mean, projection), f'{options.out}/basis.pt')
    fits = [(heads.map14, rows_of(high)[::4], rows_of(target)[::4] / map14.var((0, 2, 3)).mean().sqrt())]
    if len(filled) == len(convolutions(net)):
        fits.append((heads.pooled, top.mean((2, 3)), (pooled - mean) @ projection))
    for layer, x, y in fits:
        weight, bias = ridge(x, y)
        layer.weight.copy_(weight.view_as(layer.weight))
        layer.bias.copy_(bias)
        print(
            'relative error of a head', (((x @ weight.T + bias - y) ** 2).sum() / ((y - y.mean(0)) ** 2).sum()).item()
        )
    weights = pair.state_dict()
    start = dict(
        model=weights, optimiser=None, average={k: v.clone() for k, v in weights.items()}, step=0, seen=0, begun=0.0
    )
    torch.save(start, f'{options.out}/checkpoint.pt')


if __name__ == '__main__':
    main()
