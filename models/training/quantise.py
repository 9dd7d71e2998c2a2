"""A float release -> the same network in 8 bits: ONNX with QuantizeLinear and DequantizeLinear (QDQ) around each
convolution and sum, which runtimes fuse into integer kernels.

  quantise.py --from DIR --packs PACKS --out DIR [--id oc-s3] [--count 256]

`--from`: a folder with model.onnx and manifest.json, as export.py writes them. Weights: one scale a channel, 7 bits
(-63 to 63), so that sums of two products fit into 16 bits: older CPUs saturate there, and all CPUs then agree bit for
bit. Scales of weights are those of the least squared error. Activations: unsigned 8 bits, one scale a tensor, which
holds all but the rarest values of `count` images (Jacob et al. 2018, https://arxiv.org/abs/1712.05877, for the
scheme). What makes the embedding from the maps stays in float."""

import argparse
import hashlib
import json
import os

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper

from views import normalise
from warm import some_images

WEIGHT_MOST = 63
KEPT = 0.9999  # share of a tensor's values in a batch that its range holds
SHRINKS = np.linspace(0.2, 1, 41)  # shares of a channel's whole range that are tried for its weights


def read(path):
    """-> model, nodes without casts, {name: float32 array}"""
    model = onnx.load(path)
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type == 'Cast':
            values[node.output[0]] = values.pop(node.input[0]).astype(np.float32)
        else:
            nodes.append(node)
    return model, nodes, values


def is_trunk(node):
    """Is it one of the operations up to the last map?"""
    return node.op_type in ('Conv', 'Relu') or (node.op_type == 'Add' and 'Conv' in ''.join(node.input))


@torch.no_grad()
def run_trunk(nodes, values, image):
    """The trunk in PyTorch. -> {tensor: values}"""
    found = {'image': image}
    for node in filter(is_trunk, nodes):
        if node.op_type == 'Conv':
            x, weight, bias = found[node.input[0]], *(torch.from_numpy(values[name]) for name in node.input[1:])
            stride, padding = ({a.name: list(a.ints) for a in node.attribute}[key] for key in ('strides', 'pads'))
            found[node.output[0]] = F.conv2d(x, weight, bias, stride, padding[:2])
        elif node.op_type == 'Add':
            found[node.output[0]] = found[node.input[0]] + found[node.input[1]]
        else:
            found[node.output[0]] = F.relu(found[node.input[0]])
    return found


def ranges_of(nodes, values, views):
    """-> {tensor: (least, greatest value over all views)}, but for the rarest values of each batch"""
    found = {}
    for first in range(0, len(views), 8):
        for name, tensor in run_trunk(nodes, values, normalise(views[first : first + 8])).items():
            low, high = found.get(name, (0.0, 1e-6))
            least, most = np.quantile(tensor.numpy(), (1 - KEPT, KEPT))
            found[name] = (min(low, float(least)), max(high, float(most)))
    return found


def weight_scales(weight):
    """One scale an output channel, by the least squared error. weight (out, ...) -> (out,)"""
    rows = weight.reshape(len(weight), -1)
    full = np.maximum(np.abs(rows).max(1), 1e-8) / WEIGHT_MOST
    errors = []
    for shrink in SHRINKS:
        scale = (full * shrink)[:, None]
        stored = np.clip(np.round(rows / scale), -WEIGHT_MOST, WEIGHT_MOST)
        errors.append(np.square(stored * scale - rows).sum(1))
    return (full * SHRINKS[np.argmin(errors, 0)]).astype(np.float32)


class Quantiser:
    """Writes the nodes and constants of the 8-bit network."""

    def __init__(self, ranges, outputs):
        self.ranges, self.outputs = ranges, outputs
        self.nodes, self.constants, self.scales, self.read_as = [], {}, {}, {}

    def constant(self, name, value):
        self.constants[name] = value
        return name

    def activation(self, name):
        """-> the name under which a tensor is read back from its 8 bits; a map that the network gives is that too"""
        if name not in self.read_as:
            low, high = self.ranges[name]
            self.scales[name] = scale = (high - low) / 255
            back, made = (name, name + '_float') if name in self.outputs else (name + '_back', name)
            zero = np.uint8(round(-low / scale))
            code = [self.constant(f'{name}_scale', np.float32(scale)), self.constant(f'{name}_zero', zero)]
            self.nodes.append(helper.make_node('QuantizeLinear', [made, *code], [f'{name}_8']))
            self.nodes.append(helper.make_node('DequantizeLinear', [f'{name}_8', *code], [back]))
            self.read_as[name] = back
        return self.read_as[name]

    def stored(self, name, value, scale):
        """A constant in integers, one scale for each of its first dimension. -> the name to read it by"""
        code = [
            self.constant(f'{name}_int', value),
            self.constant(f'{name}_scale', scale),
            self.constant(f'{name}_zero', np.zeros(len(scale), value.dtype)),
        ]
        self.nodes.append(helper.make_node('DequantizeLinear', code, [f'{name}_back'], axis=0))
        return f'{name}_back'

    def convolution(self, node, weight, bias):
        x, weight_name, bias_name = node.input
        image, scale = self.activation(x), weight_scales(weight)
        integers = np.round(weight / scale.reshape(-1, 1, 1, 1)).clip(-WEIGHT_MOST, WEIGHT_MOST).astype(np.int8)
        bias_scale = (scale * np.float32(self.scales[x])).astype(np.float32)
        names = [
            self.stored(weight_name, integers, scale),
            self.stored(bias_name, np.round(bias / bias_scale).astype(np.int32), bias_scale),
        ]
        self.put(node, [image, *names])

    def put(self, node, inputs):
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = inputs
        copy.output[:] = [f'{name}_float' if name in self.outputs else name for name in node.output]
        self.nodes.append(copy)


def quantise(path, views):
    """-> the 8-bit model"""
    model, nodes, values = read(path)
    trunk = {output for node in filter(is_trunk, nodes) for output in node.output}
    maps = trunk & {output.name for output in model.graph.output}
    result = Quantiser(ranges_of(nodes, values, views), maps)
    for node in nodes:
        if node.op_type == 'Conv':
            result.convolution(node, values[node.input[1]], values[node.input[2]])
        elif node.op_type == 'Relu':
            result.put(node, node.input)
        elif is_trunk(node):
            result.put(node, [result.activation(name) for name in node.input])
        else:
            kept = onnx.NodeProto()
            kept.CopyFrom(node)
            kept.input[:] = [result.activation(name) if name in trunk else name for name in node.input]
            result.nodes.append(kept)
    used = {name for node in result.nodes for name in node.input}
    constants = {name: value for name, value in {**values, **result.constants}.items() if name in used}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(result.nodes)
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items())
    onnx.checker.check_model(model)
    return model


def main():
    parser = argparse.ArgumentParser()
    for key in ('from', 'packs', 'out'):
        parser.add_argument('--' + key, required=True, dest='source' if key == 'from' else key)
    parser.add_argument('--id', default='oc-s3')
    parser.add_argument('--count', type=int, default=256)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = quantise(f'{options.source}/model.onnx', some_images(options.packs, options.count))
    os.makedirs(options.out, exist_ok=True)
    onnx.save(model, f'{options.out}/model.onnx')
    with open(f'{options.out}/model.onnx', 'rb') as file:
        weights = file.read()
    with open(f'{options.source}/manifest.json', encoding='utf8') as file:
        manifest = json.load(file)
    manifest.update(id=options.id, sha256=hashlib.sha256(weights).hexdigest(), bytes=len(weights))
    with open(f'{options.out}/manifest.json', 'w', encoding='utf8') as file:
        file.write(json.dumps(manifest, indent=2) + '\n')
    print(len(weights), 'bytes')


if __name__ == '__main__':
    main()
