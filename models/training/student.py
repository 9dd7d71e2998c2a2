"""The student: plain convolutions that a CPU runs fast, stride 32 in all, free height and width."""

import torch
from torch import nn

STEM, LOW, MID, HIGH, DEEP, TOP = 32, 64, 160, 384, 512, 1024  # channels
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
    top (n, 1024, h/32, w/32)."""

    def __init__(self):
        super().__init__()
        self.low = nn.Sequential(conv_norm(3, STEM, 3, 2), conv_norm(STEM, LOW, 3, 2))
        self.mid = nn.Sequential(Block(LOW, MID, 2), Block(MID, MID), Block(MID, MID))
        self.high = nn.Sequential(Block(MID, HIGH, 2), Block(HIGH, HIGH), Block(HIGH, HIGH), Block(HIGH, HIGH))
        self.deep = nn.Sequential(Block(HIGH, DEEP, 2), Block(DEEP, DEEP), Block(DEEP, DEEP))
        self.top = conv_norm(DEEP, TOP)

    def forward(self, image):
        low = self.low(image)
        mid = self.mid(low)
        high = self.high(mid)
        return low, mid, high, self.top(self.deep(high))


class Heads(nn.Module):
    """Linear maps to the teacher's coordinates. `pooled` stays in the released network, the others only train it."""

    def __init__(self, map7, map14, pooled):
        super().__init__()
        self.map7 = nn.Conv2d(TOP, map7, 1)
        self.map14 = nn.Conv2d(HIGH, map14, 1)
        self.pooled = nn.Linear(TOP, pooled)


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

    def __init__(self, map7=384, map14=64, pooled=640):
        super().__init__()
        self.net, self.heads = Student(), Heads(map7, map14, pooled)


def load_pair(path, averaged=True):
    """The network of a checkpoint, in evaluation mode, with averaged or latest weights. -> (Pair, checkpoint)"""
    checkpoint = torch.load(path, map_location='cpu')
    weights = checkpoint['average' if averaged else 'model']
    sizes = {head: weights[f'heads.{head}.weight'].shape[0] for head in ('map7', 'map14', 'pooled')}
    pair = Pair(sizes['map7'], sizes['map14'], sizes['pooled'])
    pair.load_state_dict(weights)
    return pair.eval(), checkpoint
