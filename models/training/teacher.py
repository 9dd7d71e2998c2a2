"""The teachers in PyTorch, and the coordinates in which their answers are learnt."""

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn


class Teacher(nn.Module):
    """An ONNX graph of convolutions ("same" padding, as TensorFlow pads), clips and sums.

    image (n, 3, 224, 224) in [-1, 1] -> {output: tensor}"""

    def __init__(self, path, kind=torch.float32):
        super().__init__()
        graph = onnx.load(path).graph
        stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.steps, self.weights, self.kind = [], nn.ParameterList(), kind
        for node in graph.node:
            attributes, more = {a.name: a for a in node.attribute}, ()
            if node.op_type == 'Conv':
                more = (len(self.weights), list(attributes['strides'].ints)[0], attributes['group'].i)
                for name in node.input[1:]:
                    weight = torch.from_numpy(stored[name].astype(np.float32)).to(kind)
                    self.weights.append(nn.Parameter(weight, requires_grad=False))
            elif node.op_type == 'Clip':
                more = tuple(float(stored[name].ravel()[0]) for name in node.input[1:])
            elif node.op_type == 'Add':
                more = (node.input[1],)
            self.steps.append((node.op_type, node.input[0], node.output[0], more))
        self.wanted = [output.name for output in graph.output]

    def last_layer(self):
        """Weight (classes, features) and bias of the last convolution, float32: what makes the logits."""
        number = [more[0] for kind, _, _, more in self.steps if kind == 'Conv'][-1]
        return self.weights[number].float()[:, :, 0, 0], self.weights[number + 1].float()

    def convolve(self, x, number, stride, groups):
        weight, bias = self.weights[number], self.weights[number + 1]
        if weight.shape[2] == 1:
            return F.conv2d(x, weight, bias, stride, 0, 1, groups)
        if stride == 1:
            return F.conv2d(x, weight, bias, 1, 1, 1, groups)
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, bias, stride, 0, 1, groups)

    @torch.no_grad()
    def forward(self, image):
        found = {'image': image.to(self.kind).contiguous(memory_format=torch.channels_last)}
        for kind, source, target, more in self.steps:
            x = found[source]
            if kind == 'Conv':
                x = self.convolve(x, *more)
            elif kind == 'Clip':
                x = x.clamp(*more)
            elif kind == 'Add':
                x = x + found[more[0]]
            elif kind == 'GlobalAveragePool':
                x = x.mean((2, 3), keepdim=True)
            elif kind == 'Flatten':
                x = x.flatten(1)
            found[target] = x
        return {name: found[name] for name in self.wanted}


class Basis:
    """Principal coordinates of answers: rows (n, c) -> (n, count), scaled to variance^(1 - power); mean square 1.

    With power .5 halfway between the raw metric and the whitened one; the product whitens what it is given."""

    def __init__(self, x, count, power):
        x = x.double()
        mean = x.mean(0)
        variance, vectors = torch.linalg.eigh(torch.cov((x - mean).T))
        variance, vectors = variance.flip(0)[:count], vectors.flip(1)[:, :count]
        projection = vectors * variance.clamp_min(variance[0] * 1e-4) ** (-power / 2)
        projection = projection / ((x - mean) @ projection).square().mean().sqrt()
        self.mean, self.projection = mean.float(), projection.float()

    def rows(self, x):
        return (x.float() - self.mean) @ self.projection

    def maps(self, x):
        return F.conv2d(x.float() - self.mean.view(1, -1, 1, 1), self.projection.T[:, :, None, None])
