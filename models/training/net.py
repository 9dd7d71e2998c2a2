"""The student: plain convolutions that a CPU runs fast, stride 16 in all.

At 112 px its last map is 7x7 and its mid map 14x14, as the teacher's are at 224 px.
"""
import torch
from torch import nn

STEM, LOW, MID, HIGH, TOP = 32, 64, 160, 384, 640
MEAN, STD = (.485, .456, .406), (.229, .224, .225)


def conv_bn(i, o, k=1, s=1, relu=True):
    layers = [nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class Block(nn.Module):
    """1x1 down to half, 3x3, 1x1 up, with a shortcut."""
    def __init__(self, i, o, stride=1):
        super().__init__()
        m = o // 2
        self.body = nn.Sequential(conv_bn(i, m), conv_bn(m, m, 3, stride), conv_bn(m, o, relu=False))
        self.shortcut = None if i == o and stride == 1 else conv_bn(i, o, 1, stride, relu=False)
        nn.init.zeros_(self.body[2][1].weight) if self.shortcut is None else None

    def forward(self, x):
        return torch.relu(self.body(x) + (x if self.shortcut is None else self.shortcut(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.low = nn.Sequential(conv_bn(3, STEM, 3, 2), conv_bn(STEM, LOW, 3, 2))       # stride 4
        self.mid = nn.Sequential(Block(LOW, MID, 2), Block(MID, MID), Block(MID, MID))      # stride 8
        self.high = nn.Sequential(Block(MID, HIGH, 2), Block(HIGH, HIGH), Block(HIGH, HIGH), Block(HIGH, HIGH))  # stride 16
        self.top = conv_bn(HIGH, TOP)

    def forward(self, x):
        low = self.low(x); mid = self.mid(low); high = self.high(mid)
        return low, mid, high, self.top(high)


class Heads(nn.Module):
    """Linear maps to the teacher's coordinates; they stay behind after training."""
    def __init__(self, k7, k14, pooled):
        super().__init__()
        self.map7, self.map14, self.pooled = nn.Conv2d(TOP, k7, 1), nn.Conv2d(MID, k14, 1), nn.Linear(TOP, pooled)
