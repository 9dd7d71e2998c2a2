"""The student: plain convolutions that a CPU runs fast, stride 32 in all, free height and width."""

import torch
from torch import nn

STEM, LOW, MID, HIGH, DEEP, TOP = 32, 64, 160, 384, 512, 1024  # channels
DEEP_BLOCKS = 5
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def conv_norm(inputs, outputs, kernel=1, stride=1, relu=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class Block(nn.Module):
    """1x1 down to half of the output's channels, 3x3, 1x1 up, with a shortcut."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        half = outputs // 2
        self.body = nn.Sequential(
            conv_norm(inputs, half), conv_norm(half, half, 3, stride), conv_norm(half, outputs, relu=False)
        )
        self.shortcut = None
        if inputs != outputs or stride != 1:
            self.shortcut = conv_norm(inputs, outputs, 1, stride, relu=False)
        else:
            nn.init.zeros_(self.body[2][1].weight)  # starts as the identity

    def forward(self, x):
        return torch.relu(self.body(x) + (x if self.shortcut is None else self.shortcut(x)))


class Student(nn.Module):
    """image (n, 3, h, w), normalised -> low (n, 64, h/4, w/4), mid (n, 160, h/8, w/8), high (n, 384, h/16, w/16),
    top (n, 1024, h/32, w/32). `deep`: blocks at stride 32; versions up to 3 had three."""

    def __init__(self, deep=DEEP_BLOCKS):
        super().__init__()
        self.low = nn.Sequential(conv_norm(3, STEM, 3, 2), conv_norm(STEM, LOW, 3, 2))
        self.mid = nn.Sequential(Block(LOW, MID, 2), Block(MID, MID), Block(MID, MID))
        self.high = nn.Sequential(Block(MID, HIGH, 2), Block(HIGH, HIGH), Block(HIGH, HIGH), Block(HIGH, HIGH))
        self.deep = nn.Sequential(Block(HIGH, DEEP, 2), *[Block(DEEP, DEEP) for _ in range(deep - 1)])
        self.top = conv_norm(DEEP, TOP)

    def forward(self, image):
        low = self.low(image)
        mid = self.mid(low)
        high = self.high(mid)
        return low, mid, high, self.top(self.deep(high))


# (teacher, its map) -> coordinates that are learnt, from a level of the student
MAPS = {
    ('v2', 'map7'): (384, 'top'),
    ('v1', 'map7'): (256, 'top'),
    ('v2', 'map14'): (128, 'high'),
    ('v1', 'map14'): (128, 'high'),
    ('v2', 'map28'): (64, 'mid'),
    ('v1', 'map28'): (64, 'mid'),
}
POOLED = {'v2': 640, 'v1': 512}  # teacher -> coordinates of its pooled embedding
WIDTH = {'low': LOW, 'mid': MID, 'high': HIGH, 'top': TOP}


class Heads(nn.Module):
    """Linear maps to the teachers' coordinates: `map7_v2`, ..., `pooled_v2`, `pooled_v1`."""

    def __init__(self):
        super().__init__()
        for (teacher, name), (count, level) in MAPS.items():
            self.add_module(f'{name}_{teacher}', nn.Conv2d(WIDTH[level], count, 1))
        for teacher, count in POOLED.items():
            self.add_module(f'pooled_{teacher}', nn.Linear(TOP, count))


def parts_of(combination):
    """`part^power:weight+...`, as `top_std^.5:1.4+mid_mean` -> [(part, power, weight)]; 1 where one is left out."""
    parts = []
    for text in combination.split('+'):
        name, weight = (text.split(':') + ['1'])[:2]
        name, power = (name.split('^') + ['1'])[:2]
        parts.append((name, float(power), float(weight)))
    return parts


class Pair(nn.Module):
    """The student with its heads, as a checkpoint keeps them."""

    def __init__(self, deep=DEEP_BLOCKS):
        super().__init__()
        self.net, self.heads = Student(deep), Heads()


def load_pair(path):
    """The averaged network of a checkpoint, in evaluation mode. -> (Pair, checkpoint)"""
    checkpoint = torch.load(path, map_location='cpu')
    pair = Pair()
    pair.load_state_dict(checkpoint['average'])
    return pair.eval(), checkpoint
