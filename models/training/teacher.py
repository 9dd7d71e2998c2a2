"""Adds to the teacher a projection of its maps to a few int8 channels.

  teacher.py --teacher NET.onnx --maps DIR --out targets.onnx    # DIR: as teacher.mjs --raw leaves it

Writes targets.onnx (outputs `map7` int8 (n, K7, 7, 7), `map14` int8 (n, K14, 14, 14), `pooled` float16 (n, 1280)),
targets.json (`step`: what one int8 unit of each channel is worth) and targets.npz (the teacher's last layer: `weight`
(1001, 1280), `bias`).

The targets are principal components of the maps, scaled to variance^(1 - POWER): with POWER .5 halfway between the raw
metric and the whitened one, since the product whitens what it is given.
"""

import argparse
import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MAPS = {'map7': (1280, 49, 384), 'map14': (576, 196, 64)}  # name -> channels, places, components kept
POWER, SAMPLE, SIGMAS = 0.5, 60000, 5


def components(x, count):
    """Principal components of the rows of x: mean (c,), projection (c, count), standard deviation of each output
    (count,)."""
    mean = x.mean(0)
    variance, vectors = np.linalg.eigh(np.cov((x - mean).T.astype(np.float64)))
    variance, vectors = variance[::-1], vectors[:, ::-1]
    variance = np.maximum(variance, variance[0] * 1e-9)
    scaled = variance ** (1 - POWER)
    print(
        'kept variance %.4f, scaled %.4f'
        % (variance[:count].sum() / variance.sum(), scaled[:count].sum() / scaled.sum())
    )
    return mean, vectors[:, :count] * variance[:count] ** (-POWER / 2), np.sqrt(scaled[:count])


def add_projection(graph, name, source, x, count):
    """Appends convolution, rounding and clipping to int8. -> the int8 steps (count,)."""
    mean, projection, deviation = components(x, count)
    step = SIGMAS * deviation / 127
    weight, bias = (projection / step).T.astype(np.float32), (-(mean @ projection) / step).astype(np.float32)
    constants = {'w': weight[:, :, None, None], 'b': bias, 'lo': np.float32(-127), 'hi': np.float32(127)}
    graph.initializer.extend(numpy_helper.from_array(value, f'{name}_{key}') for key, value in constants.items())
    graph.node.extend(
        [
            helper.make_node('Conv', [source, f'{name}_w', f'{name}_b'], [f'{name}_projected']),
            helper.make_node('Round', [f'{name}_projected'], [f'{name}_rounded']),
            helper.make_node('Clip', [f'{name}_rounded', f'{name}_lo', f'{name}_hi'], [f'{name}_clipped']),
            helper.make_node('Cast', [f'{name}_clipped'], [f'{name}_int8'], to=TensorProto.INT8),
        ]
    )
    graph.output.append(helper.make_tensor_value_info(f'{name}_int8', TensorProto.INT8, None))
    return step


def last_layer(graph):
    """Weight (classes, features) and bias of the convolution that makes the logits."""
    node = [n for n in graph.node if n.op_type == 'Conv'][-1]
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    return stored[node.input[1]][:, :, 0, 0], stored[node.input[2]]


def main():
    parser = argparse.ArgumentParser()
    for key in ('teacher', 'maps', 'out'):
        parser.add_argument('--' + key, required=True)
    options = parser.parse_args()
    model = onnx.load(options.teacher)
    graph, rng, info = model.graph, np.random.default_rng(0), {}
    weight, bias = last_layer(graph)
    np.savez(options.out.replace('.onnx', '.npz'), weight=weight, bias=bias)
    del graph.output[:]
    for name, (channels, places, count) in MAPS.items():
        x = np.fromfile(f'{options.maps}/{name}.f32', np.float32).reshape(-1, channels, places)
        x = x.transpose(0, 2, 1).reshape(-1, channels)
        count = min(count, channels)
        step = add_projection(graph, name, name, x[rng.permutation(len(x))[:SAMPLE]], count)
        info[name] = {'channels': count, 'step': step.tolist()}
    # the pooled embedding whole: 1,280 numbers a view cost little
    graph.node.append(helper.make_node('Cast', ['embedding'], ['pooled'], to=TensorProto.FLOAT16))
    graph.output.append(helper.make_tensor_value_info('pooled', TensorProto.FLOAT16, None))
    with open(options.out.replace('.onnx', '.json'), 'w', encoding='utf8') as out:
        json.dump(info, out)
    onnx.save(model, options.out)


if __name__ == '__main__':
    main()
