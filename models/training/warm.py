"""A released network as the start of another: its ONNX (batch norm folded in) -> weights that distil.py starts from.

  warm.py --from model.onnx --packs PACKS --out start.pt [--count 600]

Layers are read in order for as long as their shapes agree; blocks that the release has not start as the identity.
Folded biases become batch norms again: their statistics are measured on images, their scale and shift chosen so that
nothing changes."""

import argparse
import glob

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image

from packs import images_of
from student import DEEP_BLOCKS, Block, Student
from views import normalise

SIDE = 160  # px


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


def some_images(folder, count):
    """`count` images, spread over the packs of large images: float (count, 3, 160, 160) in 0..255"""
    packs = sorted(glob.glob(f'{folder}/big-*.npz'))
    share = -(-count // len(packs))
    found = []
    for pack in packs:
        images = list(images_of(pack))
        found += [images[i * len(images) // share] for i in range(min(share, len(images)))]
    squares = [np.asarray(Image.fromarray(x).resize((SIDE, SIDE), Image.LANCZOS)) for x in found[:count]]
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float()


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    for key in ('from', 'packs', 'out'):
        parser.add_argument('--' + key, required=True, dest='source' if key == 'from' else key)
    parser.add_argument('--count', type=int, default=600)
    parser.add_argument('--blocks', type=int, default=DEEP_BLOCKS, help='blocks at stride 32 that the release has')
    options = parser.parse_args()
    torch.manual_seed(1)
    net = Student(options.blocks)
    filled = copy_weights(net, options.source)
    images = normalise(some_images(options.packs, options.count))
    before = net.eval()(images[:20])[2]
    measure_norms(net, filled, images)
    after = net(images[:20])[2]
    print(len(filled), 'layers read; the map at stride 16 is unchanged within', (after - before).abs().max().item())
    torch.save({k: v.half() if v.ndim > 1 else v for k, v in net.state_dict().items()}, options.out)


if __name__ == '__main__':
    main()
